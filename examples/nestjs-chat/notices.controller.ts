import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CarillonService } from 'carillon/nestjs';
import { NoticeDto } from './chat.dto.js';

/** HTTP in, realtime out: `curl -d text='Tea is ready' http://127.0.0.1:3000/notices`. */
@Controller('notices')
export class NoticesController {
  constructor(private readonly carillon: CarillonService) {}

  @Post()
  @HttpCode(202)
  post(@Body() { text }: NoticeDto) {
    this.carillon.emit('notice', text);
    return { told: this.carillon.server.sockets.sockets.size };
  }
}

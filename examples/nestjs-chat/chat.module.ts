import { Module } from '@nestjs/common';
import { CarillonModule } from 'carillon/nestjs';
import { ChatGateway } from './chat.gateway.js';
import { NoticesController } from './notices.controller.js';
import { PageController } from './page.controller.js';
import { People } from './people.service.js';

@Module({
  imports: [CarillonModule.forRoot()],
  providers: [ChatGateway, People],
  controllers: [PageController, NoticesController],
})
export class ChatModule {}

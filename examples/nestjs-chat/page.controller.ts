import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Header } from '@nestjs/common';

const folder = new URL('examples/nestjs-chat/public/', import.meta.resolve('carillon/package.json'));
const read = (name: string) => readFile(fileURLToPath(new URL(name, folder)), 'utf8');

/** The page, in the same way on Express and Fastify. */
@Controller()
export class PageController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page() {
    return read('index.html');
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script() {
    return read('page.js');
  }

  @Get('page.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style() {
    return read('page.css');
  }
}

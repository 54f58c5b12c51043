import { IsIn, IsString, Length } from 'class-validator';

export const rooms = ['lobby', 'kitchen', 'library'];

/** What names a room. Whoever sends something else gets what `ValidationPipe` has to say, as the acknowledgement. */
export class RoomDto {
  @IsIn(rooms)
  room!: string;
}

export class SayDto extends RoomDto {
  @IsString()
  @Length(1, 200)
  text!: string;
}

export class NoticeDto {
  @IsString()
  @Length(1, 200)
  text!: string;
}

import { Injectable } from '@nestjs/common';

/** Who is here. A real one would ask a database. */
@Injectable()
export class People {
  readonly #names = new Set<string>();

  /** @returns whether the name was free. */
  async enter(name: string): Promise<boolean> {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }

  leave(name: string): void {
    this.#names.delete(name);
  }
}

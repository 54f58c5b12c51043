// The chat of examples/chat between real browsers. Each visitor is a browser context of its own, and reaches the
// server through a cable (a TCP proxy) that a test can cut.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { io, type Socket } from 'socket.io-client';
import { type ChatProcess, startChat } from '../support/chat-process.js';
import { launchChromium } from '../support/chromium.js';
import { type CuttableProxy, openProxy } from '../support/cuttable-proxy.js';
import { drawTower } from '../support/tower-picture.js';

const output = fileURLToPath(new URL('../../test-output/', import.meta.url));
const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

let browser: Browser;
// New for each test: a nickname is free only when the server has noticed that its holder is gone.
let chat: ChatProcess;
let cables: CuttableProxy[];
let pageErrors: string[];
const room = 'Tower';

beforeAll(async () => {
  mkdirSync(output, { recursive: true });
  browser = await launchChromium();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  cables = [];
  pageErrors = [];
  chat = await startChat();
});

afterEach(async () => {
  // The server goes first: with everybody still inside, it must end at once and without a complaint.
  expect(await chat.stop()).toBe(0);
  expect(chat.errors()).toBe('');
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(cables.map((cable) => cable.close()));
  expect(pageErrors).toEqual([]);
});

async function visit(options: BrowserContextOptions = desktop): Promise<{ page: Page; cable: CuttableProxy }> {
  const cable = await openProxy(chat.port);
  cables.push(cable);
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(`http://127.0.0.1:${cable.port}/`);
  return { page, cable };
}

async function knock(page: Page, nickname: string, where = room): Promise<void> {
  await page.getByLabel('Your name').fill(nickname);
  await page.getByLabel('Room', { exact: true }).fill(where);
  await page.getByRole('button', { name: 'Come in' }).click();
}

async function enter(nickname: string, options?: BrowserContextOptions): Promise<{ page: Page; cable: CuttableProxy }> {
  const visitor = await visit(options);
  await knock(visitor.page, nickname);
  await shown(visitor.page, '#status', 'Connected');
  await visitor.page.getByLabel('Message', { exact: true }).waitFor();
  return visitor;
}

/** Waits until an element with this text is on the page. */
const shown = (page: Page, selector: string, hasText: string): Promise<void> =>
  page.locator(selector, { hasText }).first().waitFor();

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

const message = (page: Page, text: string) => page.locator('.message', { hasText: text });
const messages = (page: Page): Promise<string[]> => page.locator('.message .text').allTextContents();
const people = (page: Page): Promise<string[]> => page.locator('#people .name').allTextContents();

async function state(page: Page, text: string, wanted: string): Promise<void> {
  await page.locator(`.message[data-state="${wanted}"]`, { hasText: text }).waitFor();
}

test('the door says what is wrong with a name, and lets in who corrects it', async () => {
  const { page } = await visit();
  await knock(page, '  ‮evil');
  await shown(page, '#door-problem', 'A nickname can have letters');
  await knock(page, 'Ada');
  await shown(page, '#me', 'Ada');
  await shown(page, '#conversation h1', room);
});

test('a nickname belongs to one person, who keeps it across a reload', async () => {
  const { page: ada } = await enter('Ada');
  const { page: other } = await visit();
  await knock(other, 'ada');
  await shown(other, '#door-problem', 'Somebody is called ada already.');
  await ada.reload();
  await shown(ada, '#status', 'Connected');
  await shown(ada, '#me', 'Ada');
  expect(await people(ada)).toEqual(['Ada']);
});

test('two people see each other come, write, read and leave', async () => {
  const { page: ada } = await enter('Ada');
  await shown(ada, '#count', 'Only you so far');
  await say(ada, 'Anybody here?');
  await state(ada, 'Anybody here?', 'delivered');

  const { page: bruno } = await enter('Bruno', phone);
  await shown(ada, '.note', 'Bruno came in');
  expect(await people(ada)).toEqual(['Ada', 'Bruno']);
  await message(bruno, 'Anybody here?').waitFor();
  await state(ada, 'Anybody here?', 'seen');

  await say(bruno, 'Yes, me.\nOn a phone.');
  await message(ada, 'On a phone.').waitFor();
  await state(bruno, 'On a phone.', 'seen');
  expect(await message(bruno, 'On a phone.').locator('.tick').textContent()).toBe('Seen by Ada');
  expect(await messages(bruno)).toEqual(['Anybody here?', 'Yes, me.\nOn a phone.']);

  await bruno.getByRole('button', { name: 'Rooms and people' }).click();
  await bruno.getByRole('button', { name: 'Leave' }).click();
  await bruno.getByLabel('Your name').waitFor();
  await shown(ada, '.note', 'Bruno left');
  expect(await people(ada)).toEqual(['Ada']);
});

test('what somebody writes is text, never markup', async () => {
  const { page: ada } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  await say(ada, '<img src=x onerror="document.title=1"><b>bold</b>');
  await message(bruno, '<b>bold</b>').waitFor();
  expect(await bruno.locator('.bubble b, .bubble img').count()).toBe(0);
});

test('typing shows while somebody types, and goes when the message comes', async () => {
  const { page: ada } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  await bruno.getByLabel('Message', { exact: true }).pressSequentially('Hel');
  await shown(ada, '#typing', 'Bruno is typing');
  await bruno.keyboard.press('Enter');
  await message(ada, 'Hel').waitFor();
  expect(await ada.locator('#typing').textContent()).toBe('');
});

test('rooms are apart, and show those who come what was said', async () => {
  const { page: ada } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  await say(ada, 'before');
  await message(bruno, 'before').waitFor();

  const elsewhere = `${room} b`;
  await bruno.getByLabel('Name of another room').fill(elsewhere);
  await bruno.keyboard.press('Enter');
  await shown(bruno, '#conversation h1', elsewhere);
  await shown(ada, '.note', 'Bruno left');
  await shown(ada, '#rooms button', elsewhere);
  expect(await messages(bruno)).toEqual([]);

  await say(ada, 'while you were away');
  await state(ada, 'while you were away', 'delivered');
  await say(bruno, 'alone here');
  await state(bruno, 'alone here', 'delivered');
  await bruno
    .locator('#rooms')
    .getByRole('button', { name: `${room} 1` })
    .click();
  await message(bruno, 'while you were away').waitFor();
  expect(await messages(bruno)).toEqual(['before', 'while you were away']);
  expect(await messages(ada)).toEqual(['before', 'while you were away']);
  // Nobody is left in the other room: it is gone.
  await ada.locator('#rooms button', { hasText: elsewhere }).waitFor({ state: 'detached' });
});

/** Resolves when the page has opened its WebSocket; the binary frames it receives or sends are collected from then on. */
function collectFrames(page: Page, event: 'framesent' | 'framereceived'): { opened: Promise<void>; frames: Buffer[] } {
  const frames: Buffer[] = [];
  const opened = new Promise<void>((resolve) => {
    page.on('websocket', (socket) => {
      resolve();
      const collect = ({ payload }: { payload: string | Buffer }): void => {
        if (typeof payload !== 'string') frames.push(payload);
      };
      if (event === 'framesent') socket.on('framesent', collect);
      else socket.on('framereceived', collect);
    });
  });
  return { opened, frames };
}

test('a picture travels as binary and arrives as it was sent', async () => {
  const { page: ada } = await visit();
  const { page: bruno } = await visit(phone);
  const sent = collectFrames(ada, 'framesent');
  const received = collectFrames(bruno, 'framereceived');
  await knock(ada, 'Ada');
  await knock(bruno, 'Bruno');
  await Promise.all([sent.opened, received.opened]);
  await shown(ada, '#people', 'Bruno');
  const picture = await drawTower(ada);
  await ada.locator('#picture').setInputFiles({ name: 'tower.png', mimeType: 'image/png', buffer: picture });
  await ada.locator('#preview-picture').waitFor();
  await say(ada, 'Sunrise');
  await state(ada, 'Sunrise', 'seen');
  const size = await message(bruno, 'Sunrise')
    .locator('img')
    .evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    });
  expect(size).toEqual([900, 560]);
  expect(sent.frames).toHaveLength(1);
  expect(sent.frames[0]!.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect(received.frames).toEqual(sent.frames);

  await message(bruno, 'Sunrise').getByRole('button', { name: 'Show the picture large' }).click();
  await bruno.locator('#viewer-picture').waitFor();
  await bruno.keyboard.press('Escape');
  await bruno.locator('#viewer-picture').waitFor({ state: 'hidden' });
});

test('a photograph larger than allowed is made small enough', async () => {
  const { page: ada } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  const base64 = await ada.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 3_000, height: 2_000 });
    const context = canvas.getContext('2d')!;
    // Noise is what JPEG compresses least.
    for (let y = 0; y < 2_000; y += 8) {
      for (let x = 0; x < 3_000; x += 8) {
        context.fillStyle = `rgb(${(x * y) % 251} ${(x * 7 + y) % 241} ${(y * 13 + x) % 239})`;
        context.fillRect(x, y, 8, 8);
      }
    }
    return canvas.toDataURL('image/jpeg', 1).split(',')[1]!;
  });
  const buffer = Buffer.from(base64, 'base64');
  expect(buffer.length).toBeGreaterThan(400_000);
  await ada.locator('#picture').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await ada.locator('#preview-picture').waitFor();
  await say(ada, 'From the top');
  await state(ada, 'From the top', 'seen');
  const size = await message(bruno, 'From the top')
    .locator('img')
    .evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      return { width: image.naturalWidth, height: image.naturalHeight };
    });
  expect(size.width).toBeLessThanOrEqual(1_600);
  expect(size.width / size.height).toBeCloseTo(1.5, 2);
});

test('a file that is no picture is refused in words', async () => {
  const { page } = await enter('Ada');
  const buffer = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>');
  await page.locator('#picture').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
  await shown(page, '#problem', 'This picture cannot be read.');
});

test('a cut connection loses and doubles nothing, and is back where it was', async () => {
  const { page: ada, cable } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  await say(ada, 'one');
  await message(bruno, 'one').waitFor();

  cable.cut();
  await shown(ada, '#status', 'Reconnecting');
  await shown(ada, '#banner', 'The connection is lost.');
  await shown(bruno, '.note', 'Ada left');
  for (const text of ['two', 'three', 'four']) await say(bruno, text);
  await state(bruno, 'four', 'delivered');
  await say(ada, 'five, written in the dark');
  await say(ada, 'six, too');
  await state(ada, 'six, too', 'sending');

  cable.restore();
  await shown(ada, '#status', 'Connected');
  await ada.locator('#banner').waitFor({ state: 'hidden' });
  await message(bruno, 'six, too').waitFor();
  await state(ada, 'six, too', 'seen');
  await state(bruno, 'four', 'seen');
  const everything = ['one', 'two', 'three', 'four', 'five, written in the dark', 'six, too'];
  expect(await messages(bruno)).toEqual(everything);
  expect((await messages(ada)).sort()).toEqual([...everything].sort());
  expect(await people(bruno)).toEqual(['Bruno', 'Ada']);
  await shown(bruno, '.note', 'Ada came in');
});

test('a server that starts anew finds everybody coming back, with what they wrote meanwhile', async () => {
  const { page: ada } = await enter('Ada');
  const { page: bruno } = await enter('Bruno');
  await say(ada, 'one');
  await state(ada, 'one', 'seen');
  expect(await chat.stop()).toBe(0);
  for (const page of [ada, bruno]) await shown(page, '#status', 'Reconnecting');
  await say(ada, 'two');
  await state(ada, 'two', 'sending');
  chat = await startChat();
  for (const cable of cables) cable.redirect(chat.port);
  for (const page of [ada, bruno]) await shown(page, '#status', 'Connected');
  await state(ada, 'two', 'seen');
  expect(await messages(ada)).toEqual(['one', 'two']);
  expect(await messages(bruno)).toEqual(['one', 'two']);
  expect((await people(bruno)).sort()).toEqual(['Ada', 'Bruno']);
});

test('a second tab of the same person takes over, and the first can have it back', async () => {
  const { page: first } = await enter('Ada');
  const second = await first.context().newPage();
  const key = await first.evaluate(() => sessionStorage.getItem('key')!);
  await second.addInitScript((value) => sessionStorage.setItem('key', value), key);
  await second.goto(first.url());
  await knock(second, 'Ada');
  await shown(second, '#status', 'Connected');
  await shown(first, '#status', 'Disconnected');
  await first.getByRole('button', { name: 'Connect here' }).click();
  await shown(first, '#status', 'Connected');
  await shown(second, '#status', 'Disconnected');
});

describe('a visitor who keeps to no rule', () => {
  let rogue: Socket;

  async function connectRogue(): Promise<void> {
    const auth = { nickname: 'Rogue', room, key: 'k'.repeat(32) };
    rogue = io(`http://127.0.0.1:${chat.port}`, { auth, transports: ['websocket'], forceNew: true });
    await new Promise<void>((resolve) => rogue.once('welcome', () => resolve()));
  }

  afterEach(() => rogue.disconnect());

  test('is refused with a reason, whatever it says', async () => {
    await connectRogue();
    const good = { id: 'i'.repeat(32), room, text: 'x' };
    const bad: Record<string, unknown> = {
      null: null,
      'an empty object': {},
      'a text that is none': { ...good, text: { length: 5 } },
      'a text too long': { ...good, text: 'x'.repeat(2_001) },
      'an empty text': { ...good, text: ' \u0000\u202e ' },
      'an identifier that is none': { ...good, id: '<b>' },
      'a room it is not in': { ...good, room: 'Belfry' },
      'a picture of text': { ...good, picture: 'x' },
      'a picture that is markup': { ...good, picture: Buffer.from('<svg/>') },
      'a picture too large': { ...good, picture: Buffer.alloc(400_001) },
      'a picture of a gigapixel': { ...good, picture: png(32_000, 32_000) },
      'a picture with no size': { ...good, picture: png(0, 0) },
    };
    for (const [what, value] of Object.entries(bad)) {
      const reply = await rogue.timeout(60_000).emitWithAck('say', value);
      expect([what, reply]).toEqual([what, { ok: false, reason: expect.any(String) }]);
    }
    // A fault of the chat would have been printed, which afterEach checks, and is not what any of these is.
    expect(await rogue.timeout(60_000).emitWithAck('say', good)).toEqual({ ok: true, at: expect.any(Number) });
  });

  test('does not disturb the others, with nonsense or with a flood', async () => {
    const { page: ada } = await enter('Ada');
    const { page: bruno } = await enter('Bruno');
    await connectRogue();
    const refused = new Promise<void>((resolve) => {
      const answer = (reply: { ok: boolean; reason?: string }): void => {
        if (reply.reason === 'Slow down a little.') resolve();
      };
      for (const event of ['say', 'join', 'seen', 'typing', 'unknown']) {
        for (const value of [undefined, null, 0, '', [], {}, () => {}, Buffer.alloc(3)]) rogue.emit(event, value);
      }
      for (let number = 0; number < 200; number++) {
        rogue.emit('say', { id: `flood-${number}-${'i'.repeat(20)}`, room, text: 'flood' }, answer);
      }
    });
    await refused;
    await say(ada, 'Still here?');
    await message(bruno, 'Still here?').waitFor();
    await state(ada, 'Still here?', 'seen');
    expect(await message(bruno, 'flood').count()).toBeLessThan(200);
  });
});

/** The first bytes of a PNG of that size. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000', 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

describe.each(['light', 'dark'] as const)('looks, %s', (colorScheme) => {
  test('on a desktop and on a phone nothing sticks out', async () => {
    const { page: ada } = await enter('Ada', { ...desktop, colorScheme });
    const { page: bruno } = await enter('Bruno', { ...phone, colorScheme });
    const { page: chiyo } = await enter('Chiyo Tanaka');
    const tell = async (page: Page, text: string): Promise<void> => {
      await say(page, text);
      for (const reader of [ada, bruno, chiyo]) await message(reader, text).waitFor();
      await state(page, text, 'seen');
    };
    await tell(ada, 'Good morning! Has anybody heard the new bells?');
    await tell(bruno, 'Yes, twice on my way here 🔔');
    await tell(bruno, 'The big one has a very long note. You feel it before you hear it.');
    const buffer = await drawTower(chiyo);
    await chiyo.locator('#picture').setInputFiles({ name: 'tower.png', mimeType: 'image/png', buffer });
    await chiyo.locator('#preview-picture').waitFor();
    await tell(chiyo, 'Sunrise over the old tower');
    await tell(ada, 'Oh, that light!');
    await chiyo.getByLabel('Message', { exact: true }).pressSequentially('I');
    for (const page of [ada, bruno]) {
      await shown(page, '#typing', 'Chiyo Tanaka is typing');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBe(0);
    }
    await ada.screenshot({ path: `${output}chat-desktop-${colorScheme}.png`, animations: 'disabled' });
    await bruno.screenshot({ path: `${output}chat-phone-${colorScheme}.png`, animations: 'disabled' });
    await bruno.getByRole('button', { name: 'Rooms and people' }).click();
    await shown(bruno, '#people', 'Chiyo Tanaka');
    await bruno.screenshot({ path: `${output}chat-phone-side-${colorScheme}.png`, animations: 'disabled' });
    await bruno.keyboard.press('Escape');
    await bruno.locator('#people').waitFor({ state: 'hidden' });
    const { page: door } = await visit({ ...phone, colorScheme });
    await door.screenshot({ path: `${output}chat-door-${colorScheme}.png`, animations: 'disabled' });
  });
});

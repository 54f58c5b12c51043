// Where a message is written: text, a picture (chosen, pasted or dropped), Enter to send.
import { limits, type Picture } from '../contract.js';
import { find } from './dom.js';
import { shrink } from './shrink.js';

export interface Written {
  text: string;
  picture?: Picture;
}

const form = find('composer', HTMLFormElement);
const text = find('text', HTMLTextAreaElement);
const send = find('send', HTMLButtonElement);
const chooser = find('picture', HTMLInputElement);
const preview = find('preview');
const previewPicture = find('preview-picture', HTMLImageElement);
const problem = find('problem');

let picture: Picture | undefined;

export function startComposer(on: { write(written: Written): void; typing(): void }): void {
  text.maxLength = limits.text;
  text.addEventListener('input', () => {
    refresh();
    if (text.value !== '') on.typing();
  });
  text.addEventListener('keydown', (event) => {
    // While a word is being composed, as in Japanese, Enter chooses it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  text.addEventListener('paste', (event) => take(event.clipboardData?.files, event));

  find('attach').addEventListener('click', () => chooser.click());
  find('preview-remove').addEventListener('click', () => setPicture(undefined));
  chooser.addEventListener('change', () => {
    take(chooser.files);
    chooser.value = '';
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => take(event.dataTransfer?.files, event));

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (send.disabled) return;
    on.write({ text: text.value.trim(), ...(picture && { picture }) });
    text.value = '';
    setPicture(undefined);
    text.focus();
  });
}

export function focusComposer(): void {
  // On a phone this would raise the keyboard over the conversation.
  if (matchMedia('(hover: hover)').matches) text.focus();
}

async function take(files: FileList | null | undefined, event?: Event): Promise<void> {
  const file = [...(files ?? [])].find(({ type }) => type.startsWith('image/'));
  if (event?.type === 'drop' || file) event?.preventDefault();
  if (!file) return;
  problem.textContent = '';
  try {
    setPicture(await shrink(file));
    text.focus();
  } catch (error) {
    problem.textContent = (error as Error).message;
  }
}

function setPicture(chosen: Picture | undefined): void {
  URL.revokeObjectURL(previewPicture.src);
  picture = chosen;
  preview.hidden = !chosen;
  if (chosen) previewPicture.src = URL.createObjectURL(new Blob([chosen.bytes], { type: chosen.type }));
  refresh();
}

function refresh(): void {
  send.disabled = text.value.trim() === '' && !picture;
  problem.textContent = text.value.length >= limits.text ? `A message can have ${limits.text} characters.` : '';
}

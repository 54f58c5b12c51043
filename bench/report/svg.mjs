/** Two kinds of charts as SVG text: grouped horizontal bars, and lines. They follow the reader's light or dark theme. */

const WIDTH = 760;
const FONT = 13;

const STYLE = `
text { font: ${FONT}px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.quiet { fill: #57606a; }
.strong { font-weight: 600; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.mark { stroke: #24292f; stroke-width: 2; }
.carillon { fill: #b4690e; stroke: #b4690e; }
.socketio { fill: #57606a; stroke: #57606a; }
.ws { fill: #a8b3bd; stroke: #a8b3bd; }
rect { stroke: none !important; }
.line { fill: none; stroke-width: 2.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .quiet { fill: #9aa5b1; }
  .grid { stroke: #3d444d; }
  .mark { stroke: #e6edf3; }
  .carillon { fill: #f0a33f; stroke: #f0a33f; }
  .socketio { fill: #9aa5b1; stroke: #9aa5b1; }
  .ws { fill: #5b6672; stroke: #5b6672; }
}`;

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = (text) => String(text).replace(/[&<>"]/g, (character) => escapes[character]);
const round = (value) => Math.round(value * 10) / 10;

const text = (x, y, content, classes = '') =>
  `<text x="${round(x)}" y="${round(y)}"${classes && ` class="${classes}"`}>${escapeText(content)}</text>`;

/** The CSS class of a server. */
const classOf = (name) => name.replace('.', '');

function document(height, title, subtitle, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(`${title}. ${subtitle}`)}">
<style>${STYLE}
</style>
${[text(16, 26, title, 'title'), text(16, 46, subtitle, 'quiet'), ...body].join('\n')}
</svg>
`;
}

function legend(names, y) {
  const parts = [];
  let x = 16;
  for (const name of names) {
    parts.push(`<rect class="${classOf(name)}" x="${x}" y="${y - 10}" width="12" height="12" rx="2"/>`);
    parts.push(text(x + 18, y, name));
    x += 18 + name.length * 7.5 + 24;
  }
  return parts;
}

/**
 * @typedef {object} Bar
 * @property {string} series its colour and place in the legend
 * @property {number} value
 * @property {string} label written behind the bar
 * @property {number} [mark] where to draw a mark, such as a target
 */

/**
 * Grouped horizontal bars.
 * @param {{title: string, subtitle: string, groups: {label: string, bars: Bar[]}[], logarithmic?: boolean, footnote?: string}} chart
 *   a logarithmic axis starts at 1 or below the smallest value
 */
export function barChart({ title, subtitle, groups, logarithmic = false, footnote }) {
  const series = [...new Set(groups.flatMap(({ bars }) => bars.map((bar) => bar.series)))];
  const thickness = 16;
  const left = Math.min(370, 28 + Math.max(...groups.map(({ label }) => label.length)) * 6.7);
  const right = WIDTH - 96;
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value, mark }) => (mark ? [value, mark] : [value])));
  const largest = Math.max(...values);
  const smallest = logarithmic ? Math.min(1, ...values.map((value) => value / 1.5)) : 0;
  const position = (value) =>
    left +
    (right - left) *
      (logarithmic
        ? Math.log(value / smallest) / Math.log(largest / smallest)
        : (value - smallest) / (largest - smallest));
  const body = [];
  let y = 64;
  if (series.length > 1) {
    body.push(...legend(series, y + 8));
    y += 28;
  }
  const top = y;
  for (const { label, bars } of groups) {
    body.push(text(left - 10, y + (bars.length * (thickness + 2)) / 2 + 4, label, 'end'));
    for (const bar of bars) {
      const end = position(bar.value);
      const width = Math.max(1.5, end - left);
      body.push(
        `<rect class="${classOf(bar.series)}" x="${round(left)}" y="${y}" width="${round(width)}" height="${thickness}" rx="2"/>`,
      );
      if (bar.mark) {
        const x = round(position(bar.mark));
        body.push(`<line class="mark" x1="${x}" x2="${x}" y1="${y - 2}" y2="${y + thickness + 2}"/>`);
      }
      const labelAt = Math.max(left + width, bar.mark ? position(bar.mark) : 0) + 6;
      body.push(text(labelAt, y + 12.5, bar.label, bar.series === 'carillon' ? 'strong' : 'quiet'));
      y += thickness + 2;
    }
    y += 10;
  }
  body.unshift(`<line class="grid" x1="${round(left)}" x2="${round(left)}" y1="${top - 4}" y2="${y - 6}"/>`);
  if (footnote) {
    body.push(text(16, y + 14, footnote, 'quiet'));
    y += 22;
  }
  return document(y + 10, title, subtitle, body);
}

/**
 * Lines over two logarithmic axes.
 * @param {{title: string, subtitle: string, xLabel: string, series: {name: string, points: [number, number][]}[], format: (value: number) => string}} chart
 */
export function lineChart({ title, subtitle, xLabel, series, format }) {
  const [left, right, top, bottom] = [64, WIDTH - 110, 100, 380];
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const ys = points.map(([, y]) => y);
  const floor = 10 ** Math.floor(Math.log10(Math.min(...ys)));
  const ceiling = 10 ** Math.ceil(Math.log10(Math.max(...ys)));
  const scale = (value, from, to, start, end) => start + ((end - start) * Math.log(value / from)) / Math.log(to / from);
  const xAt = (value) => scale(value, xs[0], xs.at(-1), left, right);
  const yAt = (value) => scale(value, floor, ceiling, bottom, top);
  const body = legend(
    series.map(({ name }) => name),
    72,
  );
  for (let value = floor; value <= ceiling * 1.001; value *= 10) {
    const y = round(yAt(value));
    body.push(`<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>`);
    body.push(text(left - 8, y + 4, format(value), 'end quiet'));
  }
  for (const x of xs) body.push(text(xAt(x), bottom + 20, x.toLocaleString('en'), 'middle quiet'));
  body.push(text((left + right) / 2, bottom + 42, xLabel, 'middle quiet'));
  for (const { name, points } of series) {
    const path = points.map(([x, y]) => `${round(xAt(x))},${round(yAt(y))}`);
    body.push(`<polyline class="line ${classOf(name)}" style="fill:none" points="${path.join(' ')}"/>`);
    for (const [x, y] of points) {
      body.push(`<circle class="${classOf(name)}" cx="${round(xAt(x))}" cy="${round(yAt(y))}" r="3.5"/>`);
    }
  }
  // The figures at the right end, moved apart where lines end close together.
  let previous = Number.NEGATIVE_INFINITY;
  const ends = series.map(({ name, points }) => ({ name, value: points.at(-1)[1] })).sort((a, b) => b.value - a.value);
  for (const { name, value } of ends) {
    const y = Math.max(yAt(value) + 4, previous + 16);
    previous = y;
    body.push(text(right + 10, y, format(value), name === 'carillon' ? 'strong' : 'quiet'));
  }
  return document(bottom + 60, title, subtitle, body);
}

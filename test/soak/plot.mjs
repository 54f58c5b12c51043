/** Small multiples of one run as SVG: a row per measure, time to the right. */
export function plot(samples, measures) {
  const width = 760;
  const rowHeight = 110;
  const left = 90;
  const rows = measures.map(({ title, unit, value }, row) => {
    const values = samples.map(value);
    const highest = Math.max(...values) || 1;
    const top = row * rowHeight + 30;
    const points = values
      .map((each, index) => {
        const x = left + (index / Math.max(1, values.length - 1)) * (width - left - 20);
        return `${x.toFixed(1)},${(top + 70 - (each / highest) * 70).toFixed(1)}`;
      })
      .join(' ');
    return `<text x="10" y="${top - 8}" class="title">${title}</text>
<text x="${left - 8}" y="${top + 8}" class="label" text-anchor="end">${highest.toFixed(highest < 10 ? 1 : 0)} ${unit}</text>
<text x="${left - 8}" y="${top + 70}" class="label" text-anchor="end">0</text>
<line x1="${left}" y1="${top + 70}" x2="${width - 20}" y2="${top + 70}" class="axis"/>
<polyline points="${points}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${measures.length * rowHeight + 20}" font-family="system-ui, sans-serif">
<style>.title{font-size:13px;font-weight:600;fill:#444}.label{font-size:11px;fill:#777}.axis{stroke:#ccc}polyline{fill:none;stroke:#2563eb;stroke-width:1.5}@media (prefers-color-scheme:dark){.title{fill:#ddd}.label{fill:#aaa}.axis{stroke:#555}polyline{stroke:#7aa2f7}}</style>
${rows.join('\n')}
</svg>
`;
}

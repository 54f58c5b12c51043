export function* drawCharts(_report) {}

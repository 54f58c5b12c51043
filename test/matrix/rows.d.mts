interface Row {
  name: string;
  area: string;
  share?: boolean;
}
export function allRows(): Promise<Row[]>;
export function runRow(row: Row): Promise<{ versions: Record<string, string>; note: string }>;

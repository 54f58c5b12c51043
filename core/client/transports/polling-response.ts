/** An answer as far as the transport needs it. */
export interface PollingResponse {
  status: number;
  body: string;
  contentType?: string | null | undefined;
}

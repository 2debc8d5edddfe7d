/** The few parts of Deno that the sandbox needs, typed here so that the folder also compiles for Node. */
export interface DenoRuntime {
  serve(
    options: DenoServeOptions,
    handler: (request: Request, info: DenoServeInfo) => Response | Promise<Response>
  ): DenoServer;
  listen(options: { hostname: string; port: number }): DenoListener;
  connect(options: { hostname: string; port: number }): Promise<DenoConnection>;
  open(path: string, options: { write: boolean; create: boolean }): Promise<DenoFile>;
}

export interface DenoServeOptions {
  hostname: string;
  port: number;
  cert?: string;
  key?: string;
  signal?: AbortSignal;
  onListen?: (address: DenoAddress) => void;
  onError?: (error: unknown) => Response | Promise<Response>;
}

export interface DenoAddress {
  hostname: string;
  port: number;
}

export interface DenoServeInfo {
  remoteAddr: DenoAddress;
}

export interface DenoServer {
  addr: DenoAddress;
  finished: Promise<void>;
}

export interface DenoListener extends AsyncIterable<DenoConnection> {
  addr: DenoAddress;
  close(): void;
}

export interface DenoConnection {
  localAddr: DenoAddress;
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
  setNoDelay(noDelay?: boolean): void;
  close(): void;
}

export interface DenoFile {
  /** Whether the lock could be had. */
  tryLock(exclusive: boolean): Promise<boolean>;
  close(): void;
}

/** @throws Error outside Deno. */
export function denoRuntime(): DenoRuntime {
  const runtime = (globalThis as { Deno?: DenoRuntime }).Deno;
  if (runtime === undefined) {
    throw new Error('The sandbox serves in Deno only; start it with: deno run -A sandbox.js');
  }
  return runtime;
}

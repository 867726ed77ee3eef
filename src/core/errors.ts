/** Stable, machine-readable kind of a failure; http/problem.ts maps it to a status, cli/main.ts to an exit code. */
export type ErrorCode =
  | "invalid-request"
  | "forbidden"
  | "not-found"
  | "unsupported"
  | "corrupt-data"
  | "model"
  | "upstream"
  | "overloaded";

/** Base of every failure that Tectile raises on purpose. The message says what, where, got, wanted, in one sentence. */
export abstract class AppError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The caller asked for something that can't be: a malformed parameter, a value out of range. Correct the request. */
export class InvalidRequestError extends AppError {
  readonly code = "invalid-request";
}

/** Well-formed, but the server's settings don't allow it: a host that isn't one to be read from. */
export class ForbiddenError extends AppError {
  readonly code = "forbidden";
}

/** The named thing isn't there: an item, a collection, a tile outside the grid, a file. */
export class NotFoundError extends AppError {
  readonly code = "not-found";
}

/** Well-formed, but not something this version handles: another dtype, a newer format, an unknown model. */
export class UnsupportedError extends AppError {
  readonly code = "unsupported";
}

/** Stored bytes don't match their own description: truncated, wrong magic, bad checksum. Re-ingest or restore the file. */
export class CorruptDataError extends AppError {
  readonly code = "corrupt-data";
  /** For instance "chunk 0/1/2 of lisbon.tif". */
  readonly location: string;

  constructor(location: string, message: string, options?: ErrorOptions) {
    super(`${location}: ${message}`, options);
    this.location = location;
  }
}

/** A network could not be loaded or run: a wrong sha256, a provider that failed. */
export class ModelError extends AppError {
  readonly code = "model";
}

/** Somebody else's server or disk failed: retry later. */
export class UpstreamError extends AppError {
  readonly code = "upstream";
}

/** A file that was opened is another one by now: open it again. */
export class ChangedFileError extends UpstreamError {}

/** A bounded queue is full: retry after a moment. */
export class OverloadedError extends AppError {
  readonly code = "overloaded";
}

/** An error as plain data, for a message between threads. */
export interface ErrorMessage {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly location: string | undefined;
  readonly stack: string | undefined;
}

export function toErrorMessage(error: unknown): ErrorMessage {
  const stack = error instanceof Error ? error.stack : undefined;
  if (error instanceof CorruptDataError) {
    return {
      code: error.code,
      message: error.message.slice(error.location.length + 2),
      location: error.location,
      stack,
    };
  }
  if (error instanceof AppError) return { code: error.code, message: error.message, location: undefined, stack };
  return {
    code: undefined,
    message: error instanceof Error ? error.message : String(error),
    location: undefined,
    stack,
  };
}

/** The error that a message stands for, of the same class. */
export function fromErrorMessage(data: ErrorMessage): Error {
  if (data.code === "corrupt-data") return new CorruptDataError(data.location ?? "data", data.message);
  if (data.code !== undefined) return new CLASSES[data.code](data.message);
  const error = new Error(data.message);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}

const CLASSES = {
  "invalid-request": InvalidRequestError,
  forbidden: ForbiddenError,
  "not-found": NotFoundError,
  unsupported: UnsupportedError,
  model: ModelError,
  upstream: UpstreamError,
  overloaded: OverloadedError,
} as const;

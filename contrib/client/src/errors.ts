/** The protocol's codes, and those of the client itself: no connection, given up, a wrong use. */
export type Code =
  | "invalid_frame" | "unknown_stream" | "unknown_verb" | "invalid_data" | "invalid_filter" | "unauthenticated"
  | "forbidden" | "not_found" | "conflict" | "too_large" | "rate_limited" | "unsupported" | "timeout" | "internal"
  | "invalid" | "disconnected" | "aborted"

/** One thing that is wrong with a field. */
export interface FieldError {
  code: string
  message: string
}

/** By field; `__all__` is for the object as a whole. For several rows (`saveMany`) by row index, then by field. */
export type FieldErrors = Record<string, FieldError[]>

export interface ErrorData {
  /** A code of this list, or one that a newer server has. */
  code: Code | (string & {})
  message?: string
  event?: string
  errors?: FieldErrors
  retry_after?: number
  incident?: string
  status?: number
}

/** The root of all errors of this client. */
export class BindingSchemaError extends Error {
  override name = "BindingSchemaError"
  readonly code: Code | (string & {})
  /** The request's event, with its hash. */
  readonly event: string | undefined
  /** Where fields are to blame. */
  readonly errors: FieldErrors | undefined
  /** Seconds to wait, with `rate_limited`. */
  readonly retryAfter: number | undefined
  /** An id that is in the server's log as well, with `internal`. */
  readonly incident: string | undefined
  /** The HTTP status, where the request went over HTTP. */
  readonly status: number | undefined

  constructor(data: ErrorData, options?: ErrorOptions) {
    super(data.message || data.code, options)
    this.code = data.code
    this.event = data.event
    this.errors = data.errors
    this.retryAfter = data.retry_after
    this.incident = data.incident
    this.status = data.status
  }
}

/** A write that was refused for what its fields say: nothing was written. */
export class ValidationError extends BindingSchemaError {
  override name = "ValidationError"
  declare readonly errors: FieldErrors
}

/** No answer in time, from the server or from what lies between. A write may still take effect. */
export class TimeoutError extends BindingSchemaError {
  override name = "TimeoutError"
}

/** The connection was lost before the answer, and the request may not be sent again: it may have taken effect, or not. */
export class DisconnectedError extends BindingSchemaError {
  override name = "DisconnectedError"
}

/** Given up by its `AbortSignal`. */
export class AbortedError extends BindingSchemaError {
  override name = "AbortedError"
}

const CLASSES: Record<string, typeof BindingSchemaError> = {
  invalid: ValidationError,
  timeout: TimeoutError,
  disconnected: DisconnectedError,
  aborted: AbortedError,
}

/** The error of a code, of its own class where it has one. */
export function errorOf(data: ErrorData, options?: ErrorOptions): BindingSchemaError {
  return new (CLASSES[data.code] ?? BindingSchemaError)(data, options)
}

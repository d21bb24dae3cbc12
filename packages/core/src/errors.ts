/** The family of every error that Tsuki throws on purpose. */
export class TsukiError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }

  /** Module path (`model.layers.1.mlp`) where it was thrown; the first one that is told stays. */
  path = "";

  addPath(path: string): void {
    if (this.path || !path) return;
    this.path = path;
    this.message = `${path}: ${this.message}`;
  }
}

/** Shapes that an op cannot take: the message names the op, the shapes, and what was expected. */
export class ShapeError extends TsukiError {}

/** Element types that an op or backend cannot take. */
export class DTypeError extends TsukiError {}

/** An axis or index out of range. */
export class IndexError extends TsukiError {}

/** An argument outside its allowed values. */
export class ArgumentError extends TsukiError {}

/** An unrealized tensor whose variable has been overwritten since it was read. */
export class StaleTensorError extends TsukiError {}

/** A variable whose value was lost because the plan that would have written it failed. */
export class PoisonedError extends TsukiError {}

/** A device that is missing, closed, or mixed with another. */
export class DeviceError extends TsukiError {}

/** A synchronous scope that was given an asynchronous function. */
export class ScopeError extends TsukiError {}

/** A plan that failed while it ran; the message names op and module path. */
export class PlanError extends TsukiError {}

/** A pending graph that grew without bound. */
export class PendingGraphError extends TsukiError {}

/** State that does not fit: every missing, unexpected and mismatched name in one message. */
export class StateError extends TsukiError {}

/** A file that is not what it claims: the message names the file and the byte offset. */
export class FormatError extends TsukiError {}

/** How a command ends when it does not do what it was asked to. */

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Its message is for the user: a plain sentence. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was typed is no command, or not whole. */
export const misused = (message: string): Failure => new Failure(message, EXIT.usage);

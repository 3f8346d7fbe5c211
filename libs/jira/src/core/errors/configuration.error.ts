// The error for an invalid configuration.

/**
 * Thrown at boot if the configuration is invalid. The message names the class, the fault and the cure:
 * `IssueHook has no entity. Set "entity", or override getQuery().`
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(subject: string, fault: string, cure: string) {
    super(`${subject} ${fault} ${cure}`);
  }
}

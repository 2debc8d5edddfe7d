export function isComplete(user: NodeJS.ProcessEnv): boolean;
export function mergeEnvironment(
  user: NodeJS.ProcessEnv,
  sandbox: Record<string, string>
): Record<string, string>;

import type { Tool } from './tool.js';

const TOOLS = new Map<string, Tool>();

/** Makes a tool known under a name; a later one takes its place. */
export function registerTool(name: string, tool: Tool): void {
  TOOLS.set(name, tool);
}

/** Makes several tools known. */
export function registerTools(tools: Readonly<Record<string, Tool>>): void {
  for (const [name, tool] of Object.entries(tools)) TOOLS.set(name, tool);
}

/** The tool of a name. */
export function findTool(name: string): Tool | undefined {
  return TOOLS.get(name);
}

/** Names of all tools, sorted. */
export function toolNames(): readonly string[] {
  return [...TOOLS.keys()].sort();
}

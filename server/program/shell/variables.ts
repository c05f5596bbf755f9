interface Variable {
  value: string;
  exported: boolean;
}

/** The variables of one shell, with the scopes of the functions under way. */
export class Variables {
  private readonly held = new Map<string, Variable>();
  /** For each call, what its local variables hid; undefined for what was unset. */
  private readonly scopes: Map<string, Variable | undefined>[] = [];

  /** How many calls are under way. */
  get depth(): number {
    return this.scopes.length;
  }

  get(name: string): string | undefined {
    return this.held.get(name)?.value;
  }

  set(name: string, value: string): void {
    const known = this.held.get(name);
    if (known === undefined) this.held.set(name, { value, exported: false });
    else known.value = value;
  }

  /** Makes a variable part of what commands inherit. */
  export(name: string): void {
    const known = this.held.get(name);
    if (known === undefined) this.held.set(name, { value: '', exported: true });
    else known.exported = true;
  }

  unset(name: string): void {
    this.held.delete(name);
  }

  /** Names and values in order of name, as `set` prints them. */
  sorted(): readonly (readonly [name: string, value: string])[] {
    return [...this.held].map(([name, { value }]) => [name, value] as const).sort();
  }

  /** What commands inherit. */
  exported(): Map<string, string> {
    const environment = new Map<string, string>();
    for (const [name, { value, exported }] of this.held) if (exported) environment.set(name, value);
    return environment;
  }

  /** A copy for a subshell; what it changes stays there. */
  copy(): Variables {
    const copy = new Variables();
    for (const [name, variable] of this.held) copy.held.set(name, { ...variable });
    return copy;
  }

  /** A function is called. */
  enter(): void {
    this.scopes.push(new Map());
  }

  /** It returns: what its local variables hid is seen again. */
  leave(): void {
    for (const [name, variable] of this.scopes.pop() ?? []) {
      if (variable === undefined) this.held.delete(name);
      else this.held.set(name, variable);
    }
  }

  /** Makes a variable local to the function under way; false outside of one. */
  makeLocal(name: string): boolean {
    const scope = this.scopes.at(-1);
    if (scope === undefined) return false;
    if (!scope.has(name)) {
      const known = this.held.get(name);
      scope.set(name, known === undefined ? undefined : { ...known });
    }
    return true;
  }
}

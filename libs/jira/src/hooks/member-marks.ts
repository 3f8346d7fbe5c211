// Marks that decorators put on methods, by prototype and name, so that an override keeps its base's mark.

export class MemberMarks<Mark> {
  private readonly marks = new WeakMap<object, Map<string, Mark>>();

  constructor(private readonly what: string) {}

  add(prototype: object, name: string | symbol, mark: Mark): void {
    if (typeof name !== 'string') throw new TypeError(`${this.what} needs a method with a string name.`);
    const marks = this.marks.get(prototype) ?? new Map<string, Mark>();
    this.marks.set(prototype, marks.set(name, mark));
  }

  /** Marks by name, from the whole prototype chain of an instance; the most derived mark of a name wins. */
  of(instance: object): Map<string, Mark> {
    const found = new Map<string, Mark>();
    let prototype = Object.getPrototypeOf(instance) as object | null;
    for (; prototype; prototype = Object.getPrototypeOf(prototype) as object | null)
      for (const [name, mark] of this.marks.get(prototype) ?? []) if (!found.has(name)) found.set(name, mark);
    return found;
  }
}

// What the address bar says: who is signed in and which project is shown, so that two windows can differ and a reload stays.

import { useCallback, useState } from 'preact/hooks';

export interface Person {
  readonly username: string;
  readonly name: string;
  readonly token: string;
}

/** Who may sign in to the demo, and with which token. */
export const PEOPLE: readonly Person[] = [
  { username: 'ada', name: 'Ada', token: 'demo-ada' },
  { username: 'grace', name: 'Grace', token: 'demo-grace' },
];

export interface Address {
  readonly person: Person | undefined;
  /** A name in the address that is nobody's here. */
  readonly stranger?: string | undefined;
  readonly projectId: number | undefined;
}

/** The address, and a way to change a part of it. */
export function useAddress(): [Address, (part: Partial<Address>) => void] {
  const [address, setAddress] = useState(readAddress);
  const go = useCallback((part: Partial<Address>) => {
    setAddress((before) => {
      const after = { ...before, stranger: undefined, ...part };
      history.replaceState(null, '', hrefOf(after));
      return after;
    });
  }, []);
  return [address, go];
}

/** A link to the page, as that person sees it. */
export function hrefOf({ person, projectId }: Address): string {
  const search = new URLSearchParams();
  if (person) search.set('as', person.username);
  if (projectId !== undefined) search.set('project', String(projectId));
  return `?${search.toString()}`;
}

function readAddress(): Address {
  const search = new URLSearchParams(location.search);
  const username = search.get('as');
  const person = PEOPLE.find((each) => each.username === username?.toLowerCase());
  const project = Number(search.get('project'));
  return {
    person,
    stranger: person ? undefined : (username ?? undefined),
    projectId: Number.isInteger(project) && project > 0 ? project : undefined,
  };
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Address, type Person, useAddress } from './address.js';
import { connect, JiraProvider } from './jira.js';
import { SignIn } from './sign-in.js';
import { Workspace } from './workspace.js';

export function App(): JSX.Element {
  const [address, go] = useAddress();
  const { person, stranger } = address;
  if (!person) return <SignIn stranger={stranger} onChoose={(chosen) => go({ person: chosen })} />;
  // Another person is another session: nothing of the last one may stay on the page.
  return <Session key={person.username} person={person} address={address} go={go} />;
}

interface SessionProps {
  readonly person: Person;
  readonly address: Address;
  readonly go: (part: Partial<Address>) => void;
}

function Session({ person, address, go }: SessionProps): JSX.Element {
  const [jira] = useState(() => connect(person.token));
  useEffect(() => () => jira.close(), [jira]);
  return (
    <JiraProvider value={jira}>
      <Workspace person={person} address={address} go={go} />
    </JiraProvider>
  );
}

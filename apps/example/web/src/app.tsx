import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { PEOPLE, type Address, type Person, useAddress } from './address.js';
import { Avatar } from './avatar.js';
import { connect, JiraProvider } from './jira.js';
import { Workspace } from './workspace.js';

export function App(): JSX.Element {
  const [address, go] = useAddress();
  const { person } = address;
  if (!person) return <SignIn onChoose={(chosen) => go({ person: chosen })} />;
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

function SignIn({ onChoose }: { readonly onChoose: (person: Person) => void }): JSX.Element {
  return (
    <main class="sign-in">
      <h1>Who are you today?</h1>
      <p>A demo without passwords. Open two windows, be both, and watch one follow the other.</p>
      <div class="sign-in-people">
        {PEOPLE.map((person) => (
          <button key={person.username} type="button" class="person-button" onClick={() => onChoose(person)}>
            <Avatar name={person.name} size="large" />
            {person.name}
          </button>
        ))}
      </div>
    </main>
  );
}

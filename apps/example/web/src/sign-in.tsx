import type { JSX } from 'preact';
import { PEOPLE, type Person } from './address.js';
import { Avatar } from './avatar.js';

interface SignInProps {
  readonly stranger: string | undefined;
  readonly onChoose: (person: Person) => void;
}

export function SignIn({ stranger, onChoose }: SignInProps): JSX.Element {
  return (
    <main class="sign-in">
      <h1>Who are you today?</h1>
      {stranger && (
        <p class="sign-in-stranger" role="alert">
          There is no user “{stranger}” here. Choose who to be.
        </p>
      )}
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

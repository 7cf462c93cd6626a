/** Light, dark, or as the system has it. */
import { useState } from 'react';
import { accountTexts } from '../../texts/account.ts';
import { Card, Section } from '../../ui/card.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useSayError } from './use-say-error.ts';

const texts = accountTexts.look;
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const currentTheme = (): Theme =>
  THEMES.find((theme) => theme === document.documentElement.dataset.theme) ?? 'system';

export function Look() {
  const [theme, setTheme] = useState(currentTheme);
  const say = useToast();
  const sayError = useSayError();
  const choose = (chosen: Theme) => {
    setTheme(chosen);
    document.documentElement.dataset.theme = chosen;
    keepTheme(chosen).then(() => say(texts.saved), sayError);
  };
  return (
    <Section title={texts.title} intro={texts.intro}>
      <Card>
        <fieldset className="flex flex-wrap gap-x-8 gap-y-3">
          <legend className="sr-only">{texts.legend}</legend>
          {THEMES.map((each) => (
            <ChoiceField
              key={each}
              type="radio"
              name="theme"
              label={texts.choices[each]}
              checked={theme === each}
              onChange={() => choose(each)}
            />
          ))}
        </fieldset>
      </Card>
    </Section>
  );
}

/** The server writes the cookie, so that the first thing drawn is right. */
async function keepTheme(theme: Theme): Promise<void> {
  const answer = await fetch('/theme', {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ theme }),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
}

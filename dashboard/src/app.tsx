// The frame: who is signed in decides what is shown; then navigation, the page, the palette, the state of the connection.
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Dialogs, shut } from './parts/dialog';
import { Palette, openPalette, paletteOpen, type Command } from './parts/palette';
import { Toast } from './parts/toast';
import { Problem } from './parts/basic';
import { pages, pageAt } from './pages';
import { SignIn } from './pages/sign_in';
import { chooseTheme, theme, type Theme } from './state/choices';
import { forget } from './state/data';
import { clear, connect, flights, line } from './state/live';
import { go, place, to } from './state/route';
import { loadSession, session, sessionProblem, signOut } from './state/session';
import { chooseLanguage, language, languages, t } from './strings';

const menuOpen = signal(false);
const signedIn = () => session.value?.state === 'in';

let was = false;
effect(() => {
  const is = signedIn();
  if (is === was) return;
  was = is;
  if (is) connect();
  else {
    clear();
    forget();
    shut();
  }
});
// A line that broke may be a session that ended; GET session tells.
effect(() => {
  if (line.value === 'lost') void loadSession();
});

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function onKey(event: KeyboardEvent) {
  if (!signedIn() || paletteOpen.value) return;
  if ((event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '?' && !typing(event.target))) {
    event.preventDefault();
    openPalette();
  } else if (event.key === 'Escape' && place.value.path.length > 1 && !typing(event.target) && !document.querySelector('dialog[open]')) {
    go(place.value.path[0]); // from one thing back to its list
  }
}

function commands(): Command[] {
  const themes: Theme[] = ['system', 'light', 'dark'];
  return [
    ...pages.map((one) => ({ name: one.name(), hint: t().palette.page, run: () => go(...one.path) })),
    ...themes.filter((one) => one !== theme.value).map((one) => ({ name: t().theme[one], hint: t().theme.title, run: () => chooseTheme(one) })),
    ...Object.entries(languages).filter(([tag]) => tag !== language.value)
      .map(([tag, one]) => ({ name: one.name, hint: t().language, run: () => void chooseLanguage(tag) })),
    { name: t().session.signOut, run: () => void signOut() },
  ];
}

const Connection = () => (
  <span class={`line ${line.value}`} role="status">
    {line.value === 'open' ? t().line.open(flights.value.length) : line.value === 'lost' ? t().line.lost : t().line.connecting}
  </span>
);

const Frame = () => {
  const here = pageAt(place.value.path);
  const Page = here.page;
  useEffect(() => {
    document.title = `${here.name()} · freeway`;
    menuOpen.value = false;
    document.getElementById('main')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place.value.path.join('/'), language.value]);
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>{t().nav.skip}</a>
      <header class="top">
        <a class="brand" href={to()}>freeway</a>
        <button class="small menu" aria-expanded={menuOpen.value} aria-controls="nav" onClick={() => (menuOpen.value = !menuOpen.value)}>{t().nav.menu}</button>
        <nav id="nav" aria-label={t().nav.label} class={menuOpen.value ? 'open' : undefined}>
          <ul>
            {pages.map((one) => (
              <li key={one.path.join('/')}>
                <a href={to(...one.path)} aria-current={one === here ? 'page' : undefined} onClick={() => (menuOpen.value = false)}>{one.name()}</a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="status">
          <Connection />
          <button class="small" onClick={openPalette} title={t().palette.keys}>{t().palette.button} <kbd>Ctrl K</kbd></button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <h1>{here.name()}</h1>
        <Page key={here.path.join('/')} />
      </main>
      <Palette commands={commands()} />
    </div>
  );
};

export const App = () => {
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const who = session.value;
  return (
    <>
      {who?.state === 'in' ? <Frame /> : who ? <SignIn setup={who.state === 'setup'} codeNeeded={Boolean(who.code_needed)} />
        : sessionProblem.value ? <main class="alone"><Problem retry={() => void loadSession()}>{sessionProblem.value}</Problem></main> : null}
      <Dialogs />
      <Toast />
    </>
  );
};

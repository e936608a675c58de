// The page's words. English is part of the first load; another language is a file of its own, loaded when it is chosen. A
// language that lacks a string does not compile.
import { effect, signal } from '@preact/signals';
import { keep, languageKept } from '../state/choices';
import { en } from './en';

export type Strings = typeof en;

interface Language {
  name: string; // in itself
  load: () => Promise<Strings>;
}
export const languages: Record<string, Language> = {
  en: { name: 'English', load: async () => en },
  de: { name: 'Deutsch', load: async () => (await import('./de')).de },
  es: { name: 'Español', load: async () => (await import('./es')).es },
  fr: { name: 'Français', load: async () => (await import('./fr')).fr },
  pt: { name: 'Português', load: async () => (await import('./pt')).pt },
  zh: { name: '中文', load: async () => (await import('./zh')).zh },
  ja: { name: '日本語', load: async () => (await import('./ja')).ja },
  hi: { name: 'हिन्दी', load: async () => (await import('./hi')).hi },
  ar: { name: 'العربية', load: async () => (await import('./ar')).ar },
};

const words = signal<Strings>(en);
export const language = signal('en');
export const t = () => words.value;

const kRightToLeft = ['ar', 'he', 'fa', 'ur'];
effect(() => {
  document.documentElement.lang = language.value;
  document.documentElement.dir = kRightToLeft.includes(language.value) ? 'rtl' : 'ltr';
});

async function use(tag: string) {
  words.value = await languages[tag].load();
  language.value = tag;
}

export async function chooseLanguage(tag: string) {
  await use(tag);
  keep('language', tag);
}

// What was chosen here, else the first of the browser's languages that there is.
export async function startLanguage() {
  const wanted = [languageKept(), ...navigator.languages.map((tag) => tag.split('-')[0])];
  const tag = wanted.find((one) => one && one in languages) ?? 'en';
  if (tag !== 'en') await use(tag).catch(() => {});
}

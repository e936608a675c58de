// The pages in the order of the navigation. A page is a file; it reads what follows its path from state/route.ts.
import type { ComponentType } from 'preact';
import { lazy } from '../parts/lazy';
import { t } from '../strings';
import { Clients } from './clients';
import { Home } from './home';
import { Keys } from './keys';
import { Live } from './live';
import { Models } from './models';
import { Settings } from './settings';
import { Usage } from './usage';

const Playground = lazy(() => import('./playground').then((made) => made.Playground));

export interface Page {
  path: string[];
  name: () => string;
  page: ComponentType;
}

export const pages: Page[] = [
  { path: [], name: () => t().nav.home, page: Home },
  { path: ['live'], name: () => t().nav.live, page: Live },
  { path: ['keys'], name: () => t().nav.keys, page: Keys },
  { path: ['models'], name: () => t().nav.models, page: Models },
  { path: ['clients'], name: () => t().nav.clients, page: Clients },
  { path: ['playground'], name: () => t().nav.playground, page: Playground },
  { path: ['usage'], name: () => t().nav.usage, page: Usage },
  { path: ['settings'], name: () => t().nav.settings, page: Settings },
];

export const pageAt = (path: string[]): Page => pages.find((one) => one.path[0] === path[0]) ?? pages[0];

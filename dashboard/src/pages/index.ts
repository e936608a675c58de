// The pages in the order of the navigation. A page is a file; it reads what follows its path from state/route.ts.
import type { ComponentType } from 'preact';
import { t } from '../strings';
import { Home } from './home';

export interface Page {
  path: string[];
  name: () => string;
  page: ComponentType;
}

export const pages: Page[] = [
  { path: [], name: () => t().nav.home, page: Home },
];

export const pageAt = (path: string[]): Page => pages.find((one) => one.path[0] === path[0]) ?? pages[0];

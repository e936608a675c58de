// Debian's Chromium for the tests of the dashboard.
import {chromium} from 'playwright-core';

import {CLIENT_KEY} from './harness.mjs';

const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const PASSWORD = 'correct horse battery';
export const PAGES = ['', 'live', 'keys', 'models', 'clients', 'playground', 'usage', 'settings'];

// A page of a browser that ends with the scene; what it asks of other hosts and what goes wrong in it is kept.
export async function open(stage, url, options = {}) {
  const browser = await chromium.launch({executablePath: BROWSER, args: ['--no-sandbox', ...(options.args ?? [])]});
  stage.programs.push({name: 'browser', said: '', async stop() {
    // What the page asks for by itself may be on its way through a route of the scene's.
    await Promise.all(browser.contexts().flatMap((one) => one.pages()).map((one) => one.unrouteAll({behavior: 'ignoreErrors'})));
    await browser.close();
    return {code: 0, signal: null};
  }});
  const context = await browser.newContext({locale: 'en-US', viewport: {width: 1440, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const trouble = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) trouble.push(`asks ${request.url()}`);
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && trouble.push(message.text()));
  await page.goto(url);
  return {page, trouble, api: (path) => page.evaluate(async (path) => (await fetch(`/admin/api/${path}`)).json(), path)};
}

export async function makeAccount(page) {
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name: 'Home'}).waitFor();
}

// A streamed chat completion by a client, whole.
export const ask = (gateway, model = 'auto', key = CLIENT_KEY, content = 'Hello') => fetch(`${gateway.url}/v1/chat/completions`, {
  method: 'POST',
  headers: {authorization: `Bearer ${key}`, 'content-type': 'application/json'},
  body: JSON.stringify({model, stream: true, messages: [{role: 'user', content}]}),
}).then((answer) => answer.text());

// The dashboard in a browser, Debian's Chromium, against the real program.
import assert from 'node:assert/strict';

import {PAGES, PASSWORD, ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';

const NEW_KEY = 'sk-a-new-key-of-u1-0123456789abcdef';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1", "${NEW_KEY}"]
latency = "20ms"
faults = ["503 first=1 key=k1"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m2"]
`;
const CONFIG = `
[routing]
strategy = "priority"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1", context = 32768 }]
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
models = [{ id = "m2", context = 32768 }]
`;

scene('a first account is made in the browser; who signs out needs the password', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, trouble} = await open(stage, gateway.url);
  await page.getByText('Nobody has an account here yet.').waitFor();
  await page.getByLabel('Password').fill('short');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('navigation').count(), 0, 'a short password makes no account');
  await makeAccount(page);
  await page.getByRole('heading', {name: 'First steps'}).waitFor();
  await page.getByText('Working: 2 of 2 providers serve now.').waitFor();

  await page.goto(`${gateway.url}/#/settings`);
  await page.getByRole('button', {name: 'Sign out'}).click();
  await page.getByText('Sign in to this gateway.').waitFor();
  await page.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name: 'Settings'}).waitFor();
  await page.reload();
  await page.getByRole('heading', {name: 'Settings'}).waitFor();
  assert.deepEqual(trouble, []);
});

scene('a stranger gets to an answer, a key of a provider and a first client', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.getByRole('button', {name: 'Send a test'}).click();
  await page.getByText(/^First token after/).waitFor();
  assert.equal(await page.locator('.ladder li').count(), 2, 'the trail: one failure, one answer');

  await page.getByRole('textbox', {name: 'Keys'}).fill(NEW_KEY);
  await page.getByRole('row').getByRole('combobox').selectOption('u1');
  await page.getByRole('button', {name: 'Add and check 1 key'}).click();
  await page.getByText('The provider takes it.').waitFor();
  assert.ok((await api('keys')).keys.some((one) => one.provider === 'u1' && one.source === 'store'));
  assert.ok(!(await page.content()).includes(NEW_KEY), 'the page keeps no key');

  await page.getByLabel('Name of a client').fill('desk');
  await page.getByRole('button', {name: 'Make a key'}).click();
  const key = await page.locator('.panel[role=status] code').innerText();
  assert.ok((await page.locator('.snippet pre').innerText()).includes(key), 'the lines to copy hold the key');
  const answer = await ask(gateway, 'auto', key);
  assert.match(answer, /\[DONE\]/);
  assert.deepEqual(trouble, []);
});

scene('an order and what is switched off hold for the next request', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO.replace(/^faults.*\n/m, ''), config: CONFIG});
  const {page, api} = await open(stage, gateway.url);
  await makeAccount(page);
  const preferred = (name) => eventually(async () => (await api('preferences'))[name].join() === 'u2/m2', name);
  const served = async (times) => {
    await ask(gateway);
    await eventually(async () => (await api('requests')).requests.length === times, 'the record of the request');
    return (await api('requests')).requests[0].provider;
  };
  assert.equal(await served(1), 'u1');
  await page.goto(`${gateway.url}/#/models`);
  await page.getByLabel('A model to add').first().fill('u2/m2');
  await page.getByRole('button', {name: 'Add at the end'}).first().click();
  await preferred('order');
  assert.equal(await served(2), 'u2');
  await page.getByRole('checkbox', {name: 'Use u2/m2'}).click();
  await page.getByText('off, by you').waitFor();
  await preferred('off');
  assert.equal(await served(3), 'u1');
});

scene('requests are shown as they happen, with their ladder and the plan, in the figures of the admin API', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.goto(`${gateway.url}/#/live`);
  await page.getByText('Nothing is in flight.').waitFor();
  await page.getByText('Live', {exact: true}).last().waitFor();
  await ask(gateway);
  const rows = page.getByRole('table', {name: 'Ended'}).getByRole('row');
  await page.getByText('u2/m2').waitFor();
  assert.equal(await rows.count(), 2, 'the head and the request, without asking again');

  await rows.last().getByRole('link').click();
  await page.getByRole('heading', {name: 'The plan behind it'}).waitFor();
  const ladder = page.locator('.ladder li');
  assert.equal(await ladder.count(), 2);
  assert.match(await ladder.first().innerText(), /u1\/m1[^]*overloaded 503/);
  assert.match(await ladder.last().innerText(), /u2\/m2[^]*answered/);
  const [{id}] = (await api('requests')).requests;
  const {plan} = await api(`requests/${id}`);
  const planned = await page.getByRole('table', {name: 'The plan'}).getByRole('row').allInnerTexts();
  assert.equal(planned.length, 1 + plan.routes.length);
  for (const route of plan.routes) assert.ok(planned.some((row) => row.includes(`${route.provider}/${route.model}`)), route.route);

  for (let more = 0; more < 3; ++more) await ask(gateway);
  await page.keyboard.press('Escape');
  await page.getByRole('heading', {name: 'Ended'}).waitFor();
  await page.goto(`${gateway.url}/#/usage`);
  await page.getByText('4 answered, 0 failed, 0 cancelled').waitFor();
  const {measures: [sum]} = await api('measures');
  assert.deepEqual([sum.requests, sum.answered], [4, 4]);
  const figure = (name) => page.locator('.fact', {hasText: name}).first().locator('b').innerText();
  assert.equal(await figure('Tokens'), (sum.prompt_tokens + sum.completion_tokens).toLocaleString('en-US'));
  assert.match(await figure('Time to first token'), new RegExp(`^${Math.round(sum.ttft_p50_ms)}\\s?ms$`));
  await page.locator('.u-wrap canvas').first().waitFor();
  assert.deepEqual(trouble, []);
});

// How well words stand out from what is behind them, for all that can be seen; those below 4.5 to 1.
function faint() {
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return {a, light: 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255)};
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.a === 1) return colour.light;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor).light;
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!words.length || !element.checkVisibility() || element.closest(':disabled, [aria-hidden=true]')) continue;
    const [a, b] = [parse(getComputedStyle(element).color).light, behind(element)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${words[0].data.trim()} ${ratio.toFixed(2)}`);
  }
  return found;
}

scene('every page fits from 360 px to a wide monitor, dark and light, and can be read', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page, trouble} = await open(stage, gateway.url);
  await makeAccount(page);
  for (let more = 0; more < 3; ++more) await ask(gateway);
  for (const width of [360, 1440, 2560]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({width, height: 900});
      await page.emulateMedia({colorScheme});
      for (const name of PAGES) {
        await page.goto(`${gateway.url}/#/${name}`);
        await page.locator('main section').first().waitFor();
        const where = `${name || 'home'} at ${width} px, ${colorScheme}`;
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} scrolls sideways`);
        assert.deepEqual(await page.evaluate(faint), [], where);
        const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a, input, select, textarea')]
          .filter((one) => one.checkVisibility() && !(one.innerText?.trim() || one.ariaLabel || one.labels?.length)).map((one) => one.outerHTML));
        assert.deepEqual(nameless, [], where);
      }
    }
  }
  assert.deepEqual(trouble, []);
});

scene('the keyboard reaches everything: the palette, lists, and back', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const {page} = await open(stage, gateway.url);
  await makeAccount(page);
  await page.keyboard.press('?');
  await page.getByRole('combobox').fill('m2');
  await page.getByRole('option', {name: 'u2/m2'}).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/models\/u2%2Fm2$/);
  await page.getByRole('heading', {name: 'Routes'}).waitFor();
  await page.getByRole('dialog').waitFor({state: 'detached'});
  await page.keyboard.press('Escape');
  await page.waitForURL(/#\/models$/);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').and(page.locator(':focus')).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/keys$/);
  const links = page.getByRole('table', {name: 'Keys'}).getByRole('link');
  await links.first().focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'u2');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', {name: 'u2 key#1'}).waitFor();
});

scene('the page speaks the language of the browser, from right to left where that is its way', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  for (const [locale, dir] of [['de-DE', 'ltr'], ['ar', 'rtl'], ['zh-CN', 'ltr']]) {
    const {page, trouble} = await open(stage, gateway.url, {locale});
    await page.waitForFunction((lang) => document.documentElement.lang === lang, locale.slice(0, 2));
    assert.equal(await page.evaluate(() => document.documentElement.dir), dir);
    assert.deepEqual(trouble, []);
  }
});

// Answers that stream take turns over all windows of a browser, which opens six connections to a host: no click hangs.
import assert from 'node:assert/strict';

import {ask} from './browser.mjs';
import {eventually, scene} from './harness.mjs';
import {HOSTS, live, start} from './windows.mjs';

const SLOW = 'token_rate = 5\ntokens = 1000';
const WAITING = 'Waiting for a free connection…';
const inFlight = (api, count) => eventually(async () => (await api('requests/live')).requests.length === count, `${count} in flight`);
const waiting = (page, count) => eventually(async () => (await page.getByText(WAITING).count()) === count, `${count} panes that wait`);

async function askFour(page, url) {
  await page.goto(`${url}/#/playground`);
  for (const model of ['m2', 'm3', 'm4']) {
    await page.getByLabel('Model to compare').fill(`u1/${model}`);
    await page.getByRole('button', {name: 'Add', exact: true}).click();
    await page.getByRole('article', {name: `u1/${model}`}).waitFor();
  }
  await page.getByLabel('Question').fill('Are you there?');
  await page.getByRole('button', {name: 'Ask all 4'}).click();
}

for (const host of HOSTS) {
  scene(`two windows with four panes each leave connections for what is clicked, at ${host}`, async (stage) => {
    const {url, page, trouble, api, streams, window} = await start(stage, {more: SLOW, host});
    assert.equal(await page.evaluate(() => isSecureContext), host !== 'team.example');
    const other = await window('live');
    await askFour(page, url);
    await waiting(page, 1);
    await askFour(other, url);
    await waiting(other, 4);
    await inFlight(api, 3);
    await other.getByRole('link', {name: 'Settings'}).click();
    await other.getByRole('table', {name: 'Configuration'}).waitFor();
    const third = await window('clients');
    await third.getByRole('table', {name: 'Clients'}).waitFor();

    await askFour(third, url);
    await waiting(third, 4);
    await page.getByRole('button', {name: 'Stop'}).click();
    await waiting(third, 1);
    await inFlight(api, 3);
    await third.getByRole('article', {name: 'u1/m3'}).getByText(/^w0/).waitFor();
    assert.equal(streams.length, 0, 'the worker alone reads events');
    assert.deepEqual(trouble, []);
  });
}

const ends = {'is closed': (page) => page.close(), crashes: (page) => page.goto('chrome://crash').catch(() => {})};
for (const [name, end] of Object.entries(ends)) {
  scene(`a window that ${name} gives its turns to the others`, async (stage) => {
    const {url, page, window} = await start(stage, {more: SLOW});
    const other = await window('playground');
    await askFour(page, url);
    await waiting(page, 1);
    await other.getByLabel('Question').fill('Are you there?');
    await other.getByRole('button', {name: 'Ask', exact: true}).click();
    await waiting(other, 1);
    await end(page);
    await other.getByRole('article').getByText(/^w0/).waitFor({timeout: 30_000});
  });
}

scene('where the worker ends windows join another, and answers that stream go on', async (stage) => {
  const {gateway, url, page, trouble, api, context, window} = await start(stage, {more: SLOW});
  const other = await window('live');
  await askFour(page, url);
  await waiting(page, 1);
  const browser = await context.browser().newBrowserCDPSession();
  const worker = async () => (await browser.send('Target.getTargets')).targetInfos.find((one) => one.type === 'shared_worker');
  const {targetId} = await worker();
  await browser.send('Target.closeTarget', {targetId});
  await eventually(async () => ![undefined, targetId].includes((await worker())?.targetId), 'another worker', 30_000);
  await live(other);
  await waiting(page, 1);
  await inFlight(api, 3);
  assert.deepEqual(trouble, []);
});

const without = {
  'a browser that has none': () => void delete globalThis.SharedWorker,
  'a browser that forbids them': () => void (globalThis.SharedWorker = class { constructor() { throw new DOMException('no', 'SecurityError'); } }),
};
for (const [name, script] of Object.entries(without)) {
  scene(`without shared workers each window is told by itself and has turns of its own: ${name}`, async (stage) => {
    const {gateway, url, page, trouble, api, context, streams, window} = await start(stage, {more: 'token_rate = 2'});
    await context.addInitScript(script);
    await page.reload();
    await live(page);
    const other = await window('live');
    assert.deepEqual(streams, [page, other]);
    await askFour(page, url);
    await inFlight(api, 3);
    await waiting(page, 1);
    await other.getByRole('table', {name: 'In flight'}).getByRole('row').nth(3).waitFor();
    for (const model of ['auto', 'u1/m2', 'u1/m3', 'u1/m4']) await page.getByRole('article', {name: model}).getByText(/w7$/).waitFor();
    await page.close();
    await ask(gateway, 'u1/m1');
    await other.getByRole('table', {name: 'Ended'}).getByRole('row').nth(5).waitFor();
    assert.deepEqual(trouble, []);
  });
}

// Several tabs of the dashboard, and what people do by the way: what one tab does holds in the other, and nothing stays stuck.
import assert from 'node:assert/strict';

import {PASSWORD, ask, makeAccount, open} from './browser.mjs';
import {eventually, scene} from './harness.mjs';

const SECRET = 'sk-a-stored-key-of-u2-0123456789';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["k2", "${SECRET}"]
models = ["m2"]
`;
const CONFIG = `
[routing]
strategy = "priority"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "m1" }]
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
models = [{ id = "m2" }]
`;
const start = async (stage) => {
  const {gateway, farm} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const opened = await open(stage, gateway.url);
  await makeAccount(opened.page);
  return {gateway, farm, ...opened};
};
const turnTo = (page, hidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

scene('many tabs work: one that nobody sees holds no connection, and catches up when it is seen', async (stage) => {
  const {gateway, page, trouble} = await start(stage);
  await page.goto(`${gateway.url}/#/live`);
  await page.getByText('Live', {exact: true}).last().waitFor();
  for (let more = 0; more < 6; ++more) {
    const tab = await page.context().newPage();
    await tab.goto(`${gateway.url}/#/live`);
    await tab.getByText('Live', {exact: true}).last().waitFor({timeout: 5000});
    await turnTo(tab, true);
  }
  await turnTo(page, true);
  await ask(gateway);
  await eventually(async () => (await gateway.admin('requests')).requests.length === 1, 'the record of the request');
  assert.equal(await page.getByRole('table', {name: 'Ended'}).count(), 0, 'a hidden page is told nothing');
  await turnTo(page, false);
  await page.getByRole('table', {name: 'Ended'}).getByText('u1/m1').waitFor();
  assert.deepEqual(trouble, []);
});

scene('a change in one tab leaves what another tab changed', async (stage) => {
  const {gateway, page, trouble, api} = await start(stage);
  await page.goto(`${gateway.url}/#/models`);
  await page.getByLabel('A model to add').first().waitFor();
  const other = await page.context().newPage();
  await other.goto(`${gateway.url}/#/models`);
  await other.getByLabel('A model to add').first().fill('u2/m2');
  await other.getByRole('button', {name: 'Add at the end'}).first().click();
  await eventually(async () => (await api('preferences')).order.join() === 'u2/m2', 'the order');
  assert.equal(await page.getByRole('list', {name: 'Your order'}).getByText('u2/m2').count(), 0, 'this tab does not know yet');
  await page.getByRole('checkbox', {name: 'Use u1/m1'}).click();
  await eventually(async () => (await api('preferences')).off.join() === 'u1/m1', 'the model is off');
  assert.deepEqual((await api('preferences')).order, ['u2/m2']);
  await page.getByRole('list', {name: 'Your order'}).getByText('u2/m2').waitFor();

  await page.route('**/admin/api/preferences', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await page.getByRole('button', {name: 'Take out u2/m2'}).click();
  await page.locator('section', {hasText: 'Your order'}).getByRole('alert').waitFor();
  await page.getByRole('list', {name: 'Your order'}).getByText('u2/m2').waitFor();
  assert.deepEqual(trouble, []);
});

scene('who signs in again in another tab goes on in the first', async (stage) => {
  const {gateway, page, trouble, api} = await start(stage);
  const status = await page.evaluate((password) => fetch('/admin/api/session', {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({account: 'admin', password}),
  }).then((answer) => answer.status), PASSWORD);
  assert.equal(status, 200);
  await page.getByLabel('Name of a client').fill('desk');
  await page.getByRole('button', {name: 'Make a key'}).click();
  await page.locator('.panel[role=status] code').waitFor();
  assert.ok((await api('clients')).clients.some((one) => one.name === 'desk'));
  assert.deepEqual(trouble, []);
});

scene('who signs out in another tab finds no open dialog over the sign-in', async (stage) => {
  const {gateway, page, trouble} = await start(stage);
  await gateway.admin('clients', {method: 'POST', body: {name: 'desk'}});
  await page.goto(`${gateway.url}/#/clients/desk`);
  await page.getByRole('button', {name: 'Revoke'}).click();
  await page.getByRole('dialog').waitFor();
  const other = await page.context().newPage();
  await other.goto(`${gateway.url}/#/settings`);
  await other.getByRole('button', {name: 'Sign out'}).click();
  await other.getByText('Sign in to this gateway.').waitFor();
  await turnTo(page, true);
  await turnTo(page, false);
  await page.getByText('Sign in to this gateway.').waitFor();
  assert.equal(await page.locator('dialog').count(), 0);
  assert.deepEqual(trouble, []);
});

scene('a closed question for the password can be asked again; what was copied is what was shown', async (stage) => {
  const {gateway, page, trouble} = await start(stage);
  await gateway.admin('keys', {method: 'POST', body: {provider: 'u2', value: SECRET, check: false}});
  await page.goto(`${gateway.url}/#/keys`);
  const reveal = page.getByRole('button', {name: 'Reveal'});
  const dialog = page.getByRole('dialog');
  for (let more = 0; more < 2; ++more) {
    await reveal.click();
    await dialog.getByLabel('Password').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({state: 'detached'});
    assert.equal(await page.getByRole('alert').count(), 0, 'nothing went wrong');
  }
  await reveal.click();
  await dialog.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  // As in a browser that has no clipboard for pages, for want of TLS.
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', {value: undefined}));
  await dialog.getByRole('row', {name: SECRET}).getByRole('button', {name: 'Copy'}).click();
  await dialog.getByText('Copied').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').first().focus();
  await page.keyboard.press('Control+v');
  assert.equal(await page.getByRole('searchbox').first().inputValue(), SECRET);
  assert.deepEqual(trouble, []);
});

scene('an address that is no address shows a page all the same', async (stage) => {
  const {gateway, page, trouble} = await start(stage);
  await page.goto(`${gateway.url}/#/models/100%`);
  await page.getByRole('heading', {name: 'Models', exact: true}).waitFor();
  await page.reload();
  await page.getByRole('heading', {name: 'Models', exact: true}).waitFor();
  assert.deepEqual(trouble, []);
});

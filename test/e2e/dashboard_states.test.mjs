// What the dashboard says of a gateway that is not well, of what is still running, and of much.
import assert from 'node:assert/strict';

import {ask, makeAccount, open} from './browser.mjs';
import {chat, eventually, scene} from './harness.mjs';

const MODELS = ['m1', 'm2', 'm3', 'm4'];
const scenario = (more = '') => `
[[providers]]
id = "u1"
keys = ["k1"]
models = ${JSON.stringify(MODELS)}
${more}
`;
const CONFIG = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [${MODELS.map((id) => `{ id = "${id}" }`).join(', ')}]
`;
const start = async (stage, more) => {
  const {gateway, farm} = await stage.start({scenario: scenario(more), config: CONFIG});
  const opened = await open(stage, gateway.url);
  await makeAccount(opened.page);
  const records = (count) => eventually(async () => (await opened.api('requests')).requests.length === count, `${count} records`);
  return {gateway, farm, records, ...opened};
};

scene('a first request that fails leaves its trail and the first steps, and home is not green', async (stage) => {
  const {gateway, farm, page, trouble, api, records} = await start(stage, 'fault = "400"');
  await page.getByRole('button', {name: 'Send a test'}).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('link', {name: 'Its plan and attempts'}).waitFor();
  assert.match(await page.locator('.ladder li').first().innerText(), /u1\/m\d[^]*400/);
  await records(1);
  await page.reload();
  await page.getByRole('heading', {name: 'First steps'}).waitFor();
  await page.getByText('no request of the last 15 min was answered').waitFor();
  assert.equal(await page.locator('.verdict .badge.good').count(), 0);

  await farm.set('u1', {fault: null});
  await page.getByRole('button', {name: 'Send a test'}).click();
  await page.getByText(/^First token after/).waitFor();
  await page.locator('.verdict .badge.good').waitFor();
  const {recent} = await api('status');
  await page.getByText(`${recent.answered} of ${recent.answered + recent.failed} requests answered`).waitFor();
  await page.reload();
  await page.getByRole('heading', {name: 'How do I connect?'}).waitFor();
  assert.equal(await page.getByRole('heading', {name: 'First steps'}).count(), 0);

  await page.goto(`${gateway.url}/#/playground`);
  await farm.set('u1', {fault: '400'});
  await page.getByLabel('Question').fill('And now?');
  await page.getByRole('button', {name: 'Ask', exact: true}).click();
  await page.getByRole('article').getByRole('alert').waitFor();
  await page.getByRole('article').locator('.figure a').waitFor();
  // A turn that failed is not asked again by the way.
  await farm.set('u1', {fault: null});
  await page.getByLabel('Question').fill('Once more?');
  const [sent] = await Promise.all([page.waitForRequest('**/admin/api/playground'), page.getByRole('button', {name: 'Ask', exact: true}).click()]);
  assert.deepEqual(sent.postDataJSON().messages.map((one) => one.content), ['Once more?']);

  await page.goto(`${gateway.url}/#/`);
  await page.locator('.verdict').waitFor();
  await gateway.stop();
  await page.getByText(/No connection; this was so at/).waitFor();
  assert.equal(await page.locator('.verdict .badge.good').count(), 0);
  assert.deepEqual(trouble, []);
});

scene('a request that runs shows whom it asks now, and ends when its page is left', async (stage) => {
  const {gateway, page, trouble, api, records} = await start(stage, 'latency = "20s"');
  await page.getByRole('button', {name: 'Send a test'}).click();
  assert.match(await page.locator('.ladder li').first().innerText(), /u1\/m\d[^]*running/);
  const {requests: [{id}]} = await api('requests/live');
  const other = await page.context().newPage();
  await other.goto(`${gateway.url}/#/live/${id}`);
  assert.match(await other.locator('.ladder li').first().innerText(), /u1\/m\d[^]*running/);
  assert.equal(await other.getByText('No provider was asked yet.').count(), 0);
  await other.close();
  await page.goto(`${gateway.url}/#/playground`);
  await records(1);
  assert.equal((await api('requests')).requests[0].end, 'cancelled');

  for (const model of MODELS.slice(1)) {
    await page.getByLabel('Model to compare').fill(`u1/${model}`);
    await page.getByRole('button', {name: 'Add', exact: true}).click();
    await page.getByRole('article', {name: `u1/${model}`}).waitFor();
  }
  assert.equal(await page.getByLabel('Model to compare').count(), 0, 'four at once');
  await page.getByLabel('Question').fill('Are you there?');
  await page.getByRole('button', {name: 'Ask all 4'}).click();
  await eventually(async () => (await api('requests/live')).requests.length === 3, 'three in flight');
  await page.getByRole('article').getByText('Waiting for a free connection…').waitFor();
  await page.goto(`${gateway.url}/#/settings`);
  await records(4);
  assert.ok((await api('requests')).requests.every((one) => one.end === 'cancelled'));
  assert.deepEqual(trouble, []);
});

scene('a request that nobody was asked for tells why, on Home and on its page', async (stage) => {
  const {gateway, page, trouble, api, records} = await start(stage, 'fault = "401"');
  await ask(gateway, 'u1/m1');
  await records(1);
  await ask(gateway, 'u1/m1');
  await records(2);
  const {requests: [last]} = await api('requests');
  assert.equal(last.attempts, 0);
  await page.reload();
  await page.getByText('No provider accepts the configured keys for this model').waitFor();
  await page.goto(`${gateway.url}/#/live/${last.id}`);
  await page.getByText(`The client was told: ${last.error} no_valid_key`).waitFor();
  assert.deepEqual(trouble, []);
});

scene('older requests come at the first asking; settings begin with what somebody set', async (stage) => {
  const {gateway, page, trouble, api} = await start(stage);
  for (let more = 0; more < 14; ++more) await Promise.all(Array.from({length: 15}, () => ask(gateway, 'u1/m1')));
  await eventually(async () => (await api('requests?limit=1000')).requests.length === 210, 'the records');
  await page.goto(`${gateway.url}/#/live`);
  await page.reload();
  const rows = page.getByRole('table', {name: 'Ended'}).getByRole('row');
  await rows.nth(200).waitFor();
  assert.equal(await rows.count(), 201);
  await page.getByRole('button', {name: 'Load older ones'}).click();
  await rows.nth(210).waitFor();
  assert.equal(await rows.count(), 211);

  await page.goto(`${gateway.url}/#/models`);
  const heads = page.getByRole('table', {name: 'All models'}).getByRole('columnheader');
  const cells = page.getByRole('row').filter({hasText: 'u1/m1'}).getByRole('cell');
  await cells.filter({hasText: '100%'}).waitFor();
  const at = (await heads.allInnerTexts()).indexOf('Success, 24 h');
  assert.equal(await cells.nth(at).innerText(), '100%');

  await page.goto(`${gateway.url}/#/settings`);
  const settings = page.getByRole('table', {name: 'Configuration'}).getByRole('row');
  await settings.nth(1).waitFor();
  const {settings: all} = await api('settings');
  assert.equal(await settings.count(), 1 + Math.min(30, all.filter((one) => one.source !== 'default').length));
  await page.getByRole('checkbox', {name: 'Only values that were set'}).uncheck();
  await page.getByRole('button', {name: `Show all ${all.length}`}).click();
  assert.equal(await settings.count(), 1 + all.length);
  assert.equal(await page.getByRole('heading', {level: 2}).last().innerText(), 'Configuration');
  assert.deepEqual(trouble, []);
});

scene('home warns when most providers are out, and leads to where a first key is made', async (stage) => {
  const {gateway, page, trouble} = await start(stage);
  await page.locator('.verdict .badge.good').waitFor();
  const more = [
    {id: 'u2', name: null, state: 'benched'}, {id: 'u3', name: null, state: 'benched'},
    {id: 'known', name: 'Known', state: 'no_key', signup: 'https://known.example/keys'},
  ];
  await page.route('**/admin/api/status', async (route) => {
    const status = await (await route.fetch()).json();
    const [first] = status.providers;
    await route.fulfill({json: {...status, providers: [first, ...more.map((one) => ({...first, ...one}))]}});
  });
  await page.reload();
  await page.locator('.verdict .badge.warn', {hasText: 'Working: 1 of 3 providers serves'}).waitFor();
  assert.equal(await page.getByRole('link', {name: 'Known'}).getAttribute('href'), more[2].signup);
  await page.getByRole('link', {name: 'More providers'}).click();
  await page.waitForURL(`${gateway.url}/#/keys`);
  assert.deepEqual(trouble, []);
});

scene('why a provider rests is said in the language of the page', async (stage) => {
  const limited = CONFIG.replace(/models = .*/, 'models = [{ id = "m1", limits = { rpm = 1 } }]');
  const {gateway} = await stage.start({scenario: scenario(), config: limited});
  const {page, trouble, api} = await open(stage, gateway.url);
  await makeAccount(page);
  assert.equal((await gateway.ask(chat('u1/m1'))).status, 200);
  const [provider] = (await api('status')).providers.filter((one) => one.id === 'u1');
  assert.equal(provider.why_code, 'quota');
  await page.locator('.faults .why', {hasText: `${provider.why_values.pool}: 1 of 1 used`}).waitFor();
  await page.evaluate(() => localStorage.setItem('freeway.language', 'de'));
  await page.reload();
  await page.locator('.faults .why', {hasText: `${provider.why_values.pool}: 1 von 1 verbraucht`}).waitFor();
  assert.deepEqual(trouble, []);
});

scene('a client that is saved as it was keeps the hour of its end', async (stage) => {
  const {gateway, page, trouble, api} = await start(stage);
  const expires = '2031-05-06T07:08:09Z';
  await gateway.admin('clients', {method: 'POST', body: {name: 'desk', expires}});
  const end = async () => Date.parse((await api('clients')).clients.find((one) => one.name === 'desk').expires);
  await page.goto(`${gateway.url}/#/clients/desk`);
  for (const [rpm, day] of [['7', null], ['8', '2032-01-02']]) {
    await page.getByRole('button', {name: 'Edit'}).click();
    await page.getByLabel('Requests a minute').fill(rpm);
    if (day) await page.getByLabel('Last day').fill(day);
    await page.getByRole('button', {name: 'Save'}).click();
    await page.getByRole('dialog').waitFor({state: 'detached'});
    assert.equal((await api('clients')).clients.find((one) => one.name === 'desk').rpm, Number(rpm));
    if (!day) assert.equal(await end(), Date.parse(expires));
  }
  assert.ok(await end() > Date.parse('2032-01-01'));
  assert.deepEqual(trouble, []);
});

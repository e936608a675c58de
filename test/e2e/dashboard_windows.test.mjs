// Many windows of the dashboard in one browser are told by one stream of events, whichever of them comes and goes.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import net from 'node:net';

import {ask, makeAccount, open} from './browser.mjs';
import {scene} from './harness.mjs';
import {CONFIG, HOSTS, live, scenario, start} from './windows.mjs';

const turnTo = (page, hidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

// A way to that port which can be blocked.
async function road(stage, port) {
  let blocked = false;
  const sockets = new Set();
  const server = net.createServer((near) => {
    if (blocked) return near.destroy();
    const far = net.connect(port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => {
        sockets.delete(from);
        to.destroy();
      }).pipe(to);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const block = (now) => {
    blocked = now;
    if (now) for (const one of sockets) one.destroy();
  };
  stage.programs.push({name: 'road', said: '', stop: async () => (server.close(), block(true), {code: 0, signal: null})});
  return {url: `http://127.0.0.1:${server.address().port}`, block};
}

for (const host of HOSTS) {
  scene(`what happens goes on being told when the window that came first is hidden or closed, at ${host}`, async (stage) => {
    const {gateway, page, trouble, streams, window} = await start(stage, {host});
    const other = await window('live');
    const rows = other.getByRole('table', {name: 'Ended'}).getByRole('row');
    for (const [count, leave] of [[1, () => {}], [2, () => turnTo(page, true)], [3, () => page.close()]]) {
      await leave();
      await ask(gateway, `u1/m${count}`);
      await rows.getByText(`u1/m${count}`).first().waitFor();
    }
    const late = await window('live');
    await late.getByRole('table', {name: 'Ended'}).getByText('u1/m1').first().waitFor();
    assert.equal(streams.length, 0, 'the worker alone reads events');
    assert.deepEqual(trouble, []);
  });
}

scene('who signs out in one window is out in all', async (stage) => {
  const {page, trouble, window} = await start(stage);
  const other = await window('settings');
  await other.getByRole('button', {name: 'Sign out'}).click();
  await other.getByText('Sign in to this gateway.').waitFor();
  await page.getByText('Sign in to this gateway.').waitFor();
  assert.deepEqual(trouble, []);
});

scene('where the stream breaks all windows say so, and find what they missed when it is back', async (stage) => {
  const {gateway} = await stage.start({scenario: scenario(), config: CONFIG});
  const way = await road(stage, gateway.port);
  const {page} = await open(stage, way.url);
  await makeAccount(page);
  const other = await page.context().newPage();
  await other.goto(`${way.url}/#/live`);
  await live(other);
  way.block(true);
  for (const one of [page, other]) await one.getByText('No connection; trying again').waitFor();
  await ask(gateway, 'u1/m2');
  way.block(false);
  for (const one of [page, other]) await live(one);
  await other.getByRole('table', {name: 'Ended'}).getByText('u1/m2').first().waitFor();
});

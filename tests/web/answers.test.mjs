// What stands on pages of single answers: reports of each kind, TLS, and changes in the DNS on the axis of the days.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Host, Window, openBrowser } from './browser.mjs';

const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** A host with a window, and what every test of it ends with. */
function world(name, given, tests) {
  describe(name, () => {
    const here = {};
    before(async () => {
      here.host = await Host.start(given);
      here.window = await Window.open(browser, here.host);
      await here.window.setUp();
    });
    after(async () => {
      await here.window?.close();
      await here.host?.stop();
    });
    const sound = async () => {
      const { window } = here;
      assert.equal(await window.hacked(), false);
      assert.deepEqual(await window.violations(), []);
      for (const width of [360, 2560, 1280]) {
        await window.page.setViewportSize({ width, height: 900 });
        assert.ok((await window.overflow()) <= 0, `stands out of ${width} pixels`);
      }
      assert.deepEqual(window.faults.splice(0), []);
    };
    tests(here, sound);
  });
}

world('single answers', `full --days 12 --end ${day(0)}`, (here, sound) => {
  const page = () => here.window.page;
  const section = (name) => page().getByRole('region', { name: new RegExp('^' + name) }); // a term may follow

  it('a failure report tells its message, how it failed, and its header', async () => {
    await here.window.go(`#/reports/${await here.window.latest('failure')}`);
    const message = await section('The message').innerText();
    assert.match(message, /From\s+Accounts <billing@example.com>/);
    assert.match(message, /Subject\s+Invoice \d+ is overdue/);
    assert.match(message, /Envelope sender\s+<x@spam.example>/);
    const how = await section('How it failed').innerText();
    assert.match(how, /Sent from\s+203\.0\.113\.\d+/);
    assert.match(how, /Failed\s+DMARC: nothing authenticated as the domain in From/);
    assert.match(how, /What was done\s+rejected/);
    const header = await page().locator('pre').innerText();
    assert.match(header, /^From: Accounts <billing@example.com>\nTo: someone@receiver.example\nSubject: /m);
    assert.equal(header.includes('U+000D'), false);
    await sound();
    await section('How it failed').getByRole('link', { name: 'What else it sent' }).click();
    await page().getByRole('heading', { level: 1, name: /^203\.0\.113\./ }).waitFor();
    await here.window.settled();
  });

  it('a TLS report tells sessions, policy and failures, without its octets', async () => {
    const asked = [];
    page().on('request', (each) => asked.push(each.url()));
    await here.window.go(`#/reports/${await here.window.latest('tls')}`);
    const said = section('What it says');
    const text = await said.innerText();
    assert.match(text, /example\.com: MTA-STS/);
    assert.match(text, /\d+ sessions were encrypted, 3 failed/);
    assert.match(text, /Mail servers: mx\.example\.com/);
    const row = said.getByRole('row', { name: /certificate expired/ });
    assert.match(await row.innerText(), /mx\.example\.com[\s\S]*192\.0\.2\.200[\s\S]*3/);
    await said.getByText('The policy as the sender found it').click();
    assert.match(await said.locator('pre').innerText(), /version: STSv1\nmode: testing/);
    assert.deepEqual(asked.filter((each) => each.endsWith('/raw')), []);
    await sound();
  });

  it('the page of TLS tells what fails, where, what it means, by whom', async () => {
    await here.window.go('#/tls?domain=example.com');
    await page().getByText(/sessions were encrypted as they should be, \d+ failed/).waitFor();
    assert.match(await section('Why they failed').getByRole('row', { name: /certificate expired/ }).innerText(), /the certificate is over: renew it/);
    assert.match(await section('Where they failed').getByRole('row', { name: /mx\.example\.com/ }).innerText(), /certificate expired/);
    await page().getByRole('row', { name: /big\.mailbox\.example/ }).first().waitFor();
    await page().getByRole('row', { name: /MTA-STS/ }).first().waitFor();
    await section('Sessions by day').getByText(/The same as a table/).click();
    assert.ok((await section('Sessions by day').getByRole('row').count()) > 3);
    await page().locator('canvas').first().waitFor();
    await sound();
  });

  it('the days of a domain carry what changed in the DNS, in words too', async () => {
    const { host, window } = here;
    await host.command('alert', 'check', '--no-send', '--at', `${day(9)}T08:00:00Z`);
    await host.publish('reject', '192.0.2.0/24');
    await host.command('alert', 'check', '--no-send', '--at', `${day(6)}T08:00:00Z`);
    await host.publish('reject', '198.51.100.0/24');
    await host.command('alert', 'check', '--no-send', '--at', `${day(3)}T08:00:00Z`);
    await window.go('#/domains/example.com');
    await page().locator('canvas').first().waitFor();
    const volume = section('Messages by day, by whose they are');
    assert.match(await volume.getByRole('img').first().getAttribute('aria-label'), /2 days are marked, which the list below tells/);
    const marks = await volume.locator('figcaption li').allInnerTexts();
    assert.equal(marks.length, 2, marks.join('\n'));
    assert.match(marks[0], new RegExp(`^${day(6)} The DMARC record changed: p=quarantine became p=reject\\.$`));
    assert.match(marks[1], new RegExp(`^${day(3)} The SPF record changed: .*198\\.51\\.100\\.0/24`));
    await volume.getByText(/The same as a table/).click();
    assert.match(await volume.getByRole('row', { name: new RegExp(day(6)) }).innerText(), /p=quarantine became p=reject/);
    const records = section('What the DNS says');
    assert.match(await records.getByRole('table', { name: 'What is published now' }).getByRole('row', { name: /^DMARC/ }).innerText(), /p=reject; rua=/);
    assert.equal(await records.getByRole('table', { name: 'Records that changed in these days' }).getByRole('row', { name: /DMARC|SPF/ }).count(), 3);
    await sound();
  });
});

world('hundreds of domains', 'full --days 3 --domains 500', (here, sound) => {
  const page = () => here.window.page;
  it('what the rows in sight need is asked at once, for them alone', async () => {
    const asked = [];
    page().on('request', (each) => asked.push(new URL(each.url())));
    const overviews = () => asked.filter((each) => each.pathname.endsWith('/overview')).map((each) => each.searchParams.get('domains').split(',').length);
    const filled = () => page().waitForFunction(() => ![...document.querySelectorAll('tbody td')].some((each) => each.textContent.trim() === '…'));
    await here.window.go('#/');
    await page().getByRole('row').nth(25).waitFor();
    await filled();
    asked.length = 0; // what was asked since signing in
    await page().reload();
    await page().getByRole('row').nth(25).waitFor();
    await filled();
    assert.deepEqual(overviews(), [25]);
    assert.deepEqual(asked.filter((each) => each.pathname.includes('/show/') && each.searchParams.get('domain')), []);
    await page().getByRole('button', { name: 'More rows' }).click();
    await page().getByText(/26–50 of/).waitFor();
    await filled();
    assert.deepEqual(overviews(), [25, 25]);
    await page().getByLabel('Find a domain').fill('d01');
    await page().getByRole('link', { name: 'd013.example' }).waitFor();
    await filled();
    assert.ok(overviews().length <= 7, `${overviews()}`); // a request for each letter at most, of rows not yet known
    // Those that send nothing are folded, and asked about when they are unfolded.
    await here.window.api('POST', '/marks', { domain: 'd015.example', pile: 'non_sending' });
    await here.window.go('#/');
    await page().reload();
    await page().getByRole('row').nth(25).waitFor();
    const before = overviews().length;
    await page().getByText(/that sends? no mail/).click();
    await page().getByRole('table', { name: 'Domains that send no mail' }).getByRole('link', { name: 'd015.example' }).waitFor();
    await filled();
    assert.ok(overviews().length > before);
    await sound();
  });
});

world('strangers on single reports', 'hostile', (here, sound) => {
  const page = () => here.window.page;
  for (const kind of ['failure', 'tls']) {
    it(kind, async () => {
      await here.window.go(`#/reports/${await here.window.latest(kind)}`);
      const text = await page().getByRole('main').innerText();
      assert.match(text, /<script>window\.hacked=1<\/script>/);
      if (kind === 'failure') assert.match(text, /‹U\+202E›gpj\.exe/);
      assert.equal(/[\u202a-\u202e\u2066-\u2069]/.test(text), false, 'a turner of the direction stands on the page');
      await sound();
    });
  }
});

describe('the demonstration world', () => {
  it('has a failure report and a TLS report that can be read', async () => {
    const host = await Host.start('');
    const window = await Window.open(browser, host);
    await window.setUp();
    assert.equal((await window.api('POST', '/demo')).status, 201);
    await window.go(`#/reports/${await window.latest('failure')}`);
    await window.page.getByText('Harbour Billing <billing@harbour.example>').first().waitFor();
    await window.page.getByRole('region', { name: 'Its header, as the reporter handed it on' }).waitFor();
    await window.go(`#/reports/${await window.latest('tls')}`);
    await window.page.getByText(/harbour\.example: MTA-STS/).waitFor();
    assert.deepEqual(await window.violations(), []);
    assert.deepEqual(window.faults, []);
    await window.close();
    await host.stop();
  });
});

import { chromium } from 'playwright-core';
const [,, base, prefix, ...list] = process.argv;
const b = await chromium.launch({executablePath:'/usr/bin/chromium', args:['--no-sandbox']});
const widths = (process.env.W||'1280').split(',').map(Number);
for (const w of widths) {
 const c = await b.newContext({viewport:{width:w,height:900}, colorScheme: process.env.SCHEME||'light'});
 const p = await c.newPage();
 p.on('console', m=>{ if(['error','warning'].includes(m.type())) console.log('CONSOLE', m.text().slice(0,300)); });
 p.on('pageerror', e=>console.log('PAGEERROR', String(e).slice(0,400)));
 for (const one of list) {
  const [name, hash] = one.split('=>');
  await p.goto(base+'/'+hash, {waitUntil:'networkidle'}); await p.waitForFunction(()=>!document.body.innerText.includes('Loading '),null,{timeout:60000}).catch(()=>console.log('STILL LOADING',name)); await p.waitForTimeout(600);
  const over = await p.evaluate(()=>document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over>0) console.log('OVERFLOW', name, w, over);
  await p.screenshot({path:`/tmp/front-shots/${prefix}-${name}-${w}.png`, fullPage: process.env.FULL!=='0'});
 }
 await c.close();
}
await b.close();

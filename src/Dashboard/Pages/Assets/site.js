// Everything works without this; with it, pages keep themselves up to date and times are told in the reader's own zone as well.
(() => {
  'use strict';

  const root = document.documentElement;
  const main = () => document.getElementById('content');

  // ---- dark or light: as the system says, until somebody chooses
  const theme = document.getElementById('theme');
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const label = () => { theme.textContent = dark() ? 'Light' : 'Dark'; theme.setAttribute('aria-label', `Switch to ${dark() ? 'light' : 'dark'} colours`); };
  theme.hidden = false;
  label();
  theme.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
    label();
  });

  // ---- times
  const two = n => String(n).padStart(2, '0');
  const steps = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600], [Infinity, 'day', 86400]];
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const ago = at => {
    const seconds = (at - Date.now()) / 1000;
    const [, unit, size] = steps.find(([below]) => Math.abs(seconds) < below);
    return words.format(Math.trunc(seconds / size), unit);
  };
  const here = at => {
    if (at.getTimezoneOffset() === 0) return '';
    const today = at.toDateString() === new Date().toDateString();
    const day = today ? '' : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
    return `${day}${two(at.getHours())}:${two(at.getMinutes())} your time, `;
  };
  const tellTimes = () => {
    for (const time of document.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      const said = time.querySelector('.local') ?? time.appendChild(Object.assign(document.createElement('span'), { className: 'local' }));
      const text = here(at) + ago(at);
      if (said.textContent !== text) said.textContent = text;
    }
  };

  // ---- lists with boxes: all at once, and how many are chosen
  const count = () => {
    for (const all of document.querySelectorAll('[data-all]')) {
      const boxes = [...document.querySelectorAll(`input[name="${all.dataset.all}"]`)];
      const chosen = boxes.filter(b => b.checked).length;
      all.hidden = false;
      all.checked = boxes.length > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      for (const said of document.querySelectorAll(`[data-count="${all.dataset.all}"]`)) said.textContent = String(chosen);
    }
  };
  document.addEventListener('change', e => {
    if (e.target.dataset?.all) {
      for (const box of document.querySelectorAll(`input[name="${e.target.dataset.all}"]`)) box.checked = e.target.checked;
    }
    count();
  });

  // ---- live
  const said = document.getElementById('live');
  let tag = null, waiting = false, fetching = false, source = null, lost = false;
  const tell = (text, tone) => { said.hidden = false; if (said.textContent !== text) said.textContent = text; said.dataset.tone = tone; };

  // Nothing moves under somebody who types, chooses, marks text or reads an opened part.
  const busy = () => {
    const focus = document.activeElement;
    if (focus && main().contains(focus) && focus.closest('form, input, textarea, select')) return true;
    if (main().querySelector('input:checked:not([data-still]), form details[open], details.confirm[open]')) return true;
    const marked = getSelection();
    if (marked && !marked.isCollapsed && main().contains(marked.anchorNode)) return true;
    return main().querySelector('details[open]:hover') !== null;
  };

  const swap = html => {
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('content');
    if (!fresh) return;
    const old = main();
    const open = new Set([...old.querySelectorAll('details[id]')].filter(d => d.open).map(d => d.id));
    const closed = new Set([...old.querySelectorAll('details[id]')].filter(d => !d.open).map(d => d.id));
    for (const details of fresh.querySelectorAll('details[id]')) {
      if (open.has(details.id)) details.open = true;
      else if (closed.has(details.id)) details.open = false;
    }
    const focus = document.activeElement?.id && old.contains(document.activeElement) ? document.activeElement.id : null;
    const told = old.querySelector(':scope > [data-flash]');
    old.replaceChildren(...fresh.childNodes);
    if (told && !old.querySelector(':scope > [data-flash]')) old.prepend(told);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    tellTimes();
    count();
  };

  const refresh = async () => {
    waiting = true;
    if (fetching || document.hidden) return;
    if (busy()) { tell('Paused while you read', 'wait'); return; }
    fetching = true;
    waiting = false;
    try {
      const headers = { 'X-Live': '1', Accept: 'text/html' };
      if (tag) headers['If-None-Match'] = tag;
      const answer = await fetch(location.href, { headers, cache: 'no-store', credentials: 'same-origin' });
      if (answer.status === 204) waiting = true;
      else if (answer.ok && !answer.redirected) {
        const html = await answer.text();
        if (busy()) waiting = true;
        else { tag = answer.headers.get('ETag'); swap(html); }
      }
      tell('Live', 'good');
    } catch {
      tell('Not connected', 'bad');
    } finally {
      fetching = false;
    }
  };

  const listen = () => {
    if (source || !main().dataset.live || !window.EventSource) return;
    source = new EventSource('/events');
    source.addEventListener('open', () => { tell('Live', 'good'); if (lost) { lost = false; refresh(); } });
    source.addEventListener('error', () => { lost = true; tell('Not connected', 'bad'); });
    source.addEventListener('change', e => {
      const topics = main().dataset.live.split(' ').concat('away');
      if (e.data.split(' ').some(t => topics.includes(t))) setTimeout(refresh, Math.random() * 700);
    });
  };

  // A page that nobody sees asks for nothing, and leaves its connection to others.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { source?.close(); source = null; }
    else { listen(); refresh(); }
  });

  // A browser begins a refused stream by itself no more; and a page of the last known state is looked at until it is today's.
  const keepUp = () => {
    if (document.hidden) return;
    if (source?.readyState === EventSource.CLOSED) { source = null; listen(); }
    if (document.querySelector('[data-away]')) waiting = true;
  };

  setInterval(() => { keepUp(); tellTimes(); if (waiting && !busy()) refresh(); else if (!waiting && said.dataset.tone === 'wait') tell('Live', 'good'); }, 3000);
  tellTimes();
  count();
  listen();
})();

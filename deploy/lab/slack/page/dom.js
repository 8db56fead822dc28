/** Builds elements. Text is always set as text, so nothing a user wrote can become markup. */

/**
 * `h('button.primary', { onclick }, 'Text', child)`: attributes by name, handlers as `on…`
 * functions; null, undefined and (but for `aria-…`) false are left out, as are such children.
 */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (value === false && !name.startsWith('aria-')) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = `${element.className} ${value}`.trim();
    else if (name === 'value') element.value = value;
    else
      element.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
  }
  element.append(
    ...children
      .flat(Number.POSITIVE_INFINITY)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** A link that can only go to the web or to mail. */
export function link(url, ...children) {
  const safe = /^(https?:|mailto:)/i.test(url);
  return h(
    'a',
    safe ? { href: url, target: '_blank', rel: 'noopener noreferrer' } : {},
    ...children,
  );
}

const PATHS = {
  hash: 'M9 3 7 17M14 3l-2 14M3.5 7.5h14M2.5 12.5h14',
  lock: 'M5.5 9h9v7.5h-9zM7.5 9V6.5a2.5 2.5 0 0 1 5 0V9',
  list: 'M3 5.500h14M3 10h14M3 14.500h14',
  home: 'M3 9.5 10 4l7 5.5M5 8.5V16h3.5v-4h3v4H15V8.5',
  reply: 'M4 5h12v8.5H9.5L6 16.5v-3H4z',
  close: 'M5 5l10 10M15 5 5 15',
  send: 'M3.5 10 16.5 4l-3 12.5-3.5-5zM10 11.5 16.5 4',
  attach:
    'M13.5 6.5 8 12a1.4 1.4 0 0 0 2 2l6-6a3 3 0 0 0-4.200-4.200L5.500 10a4.500 4.500 0 0 0 6.400 6.400L16 12.300',
  copy: 'M7 7V4h9v9h-3M4 7h9v9H4z',
  check: 'M4.500 10.500 8.500 14.500 15.500 6',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  back: 'M12 4.500 6.500 10l5.500 5.500',
  down: 'M5.500 8 10 12.500 14.500 8',
  link: 'M8.500 11.500a3 3 0 0 0 4.200 0l2.500-2.500a3 3 0 0 0-4.200-4.200L9.800 6M11.500 8.500a3 3 0 0 0-4.200 0L4.800 11A3 3 0 0 0 9 15.200l1.200-1.200',
  eye: 'M2.500 10S5.500 5 10 5s7.500 5 7.500 5-3 5-7.500 5-7.500-5-7.500-5zM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  file: 'M5.500 3h6l3.500 3.500V17h-9.500zM11.500 3v3.500H15',
  download: 'M10 4v8M6.500 9 10 12.500 13.500 9M4.500 16h11',
  guide:
    'M4.500 4.500h4.500a1.500 1.500 0 0 1 1.500 1.500v10a1.500 1.500 0 0 0-1.500-1.500H4.500zM16.500 4.500H12a1.500 1.500 0 0 0-1.500 1.500v10a1.500 1.500 0 0 1 1.500-1.500h4.500z',
  aside: 'M3 4.500h14v11H3zM12 4.500v11M14 7.500h1M14 10h1',
  bolt: 'M11 3 5 11.500h4.500L9 17l6-8.500h-4.500z',
};

/** A line icon, 20 by 20. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Shows a short notice at the bottom of the screen. */
export function toast(text) {
  const notice = h('div.toast', {}, text);
  const toasts = document.getElementById('toasts');
  toasts.append(notice);
  // Shown anew, it stands above a dialog that was opened since.
  toasts.hidePopover();
  toasts.showPopover();
  setTimeout(() => {
    notice.remove();
    if (toasts.childElementCount === 0) toasts.hidePopover();
  }, 4000);
}

/** Puts text on the clipboard and says so on `button`, and to whoever listens for `copied`. */
export async function copyText(text, button) {
  await navigator.clipboard.writeText(text);
  document.dispatchEvent(new CustomEvent('copied', { detail: text }));
  button.classList.add('copied');
  setTimeout(() => button.classList.remove('copied'), 1500);
}

/** A `pre` with a control that copies it. */
export function codeBlock(...children) {
  const code = h('code', {}, ...children);
  const button = h(
    'button.copy',
    { type: 'button', 'aria-label': 'Copy code', title: 'Copy' },
    icon('copy'),
    icon('check'),
  );
  button.addEventListener('click', () => copyText(code.textContent, button));
  return h('div.code-block', {}, h('pre', {}, code), button);
}

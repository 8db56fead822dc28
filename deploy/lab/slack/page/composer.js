/** Where a person types: messages, slash commands with completion, files. */
import { h, icon, toast } from './dom.js';
import { act, channelTitle, state, toBase64 } from './store.js';

/** What was sent before, for the up arrow. */
const sent = [];

/** The list above the field while a command or a name is being typed. */
function completions(text) {
  if (/^\/\S*$/.test(text))
    return state.commands
      .filter(({ command }) => command.startsWith(text))
      .map((hint) => ({
        insert: `${hint.command} `,
        title: hint.command,
        usage: hint.usageHint,
        about: hint.description,
        app: true,
      }));
  const naming = /(^|\s)@([a-z0-9._-]*)$/i.exec(text);
  if (naming)
    return state.users
      .filter(
        ({ name, real_name }) =>
          name.startsWith(naming[2]) || real_name.toLowerCase().startsWith(naming[2].toLowerCase()),
      )
      .map((user) => ({
        insert: `${text.slice(0, text.length - naming[2].length)}${user.name} `,
        title: user.real_name,
        usage: `@${user.name}`,
        about: user.title,
      }));
  return [];
}

/** Puts `text` into the conversation's field, without sending it; answers whether there is one. */
export function fillComposer(text) {
  const field = document.querySelector('#conversation .composer textarea');
  if (!field) return false;
  field.value = text;
  field.dispatchEvent(new Event('input'));
  field.focus();
  field.scrollTop = 0;
  return true;
}

/** A composer for `channel`, or for a thread in it. */
export function composer(channel, threadTs = null) {
  const list = h('div.completions', { role: 'listbox', hidden: true });
  const hint = h('div.usage', { hidden: true });
  const name = channel.kind === 'im' ? channelTitle(channel) : `#${channel.name}`;
  const label = threadTs ? 'Reply…' : `Message ${name}`;
  const field = h('textarea', {
    rows: 1,
    placeholder: label,
    'aria-label': threadTs ? 'Reply in thread' : label,
    spellcheck: 'false',
  });
  const sendButton = h(
    'button.send',
    { type: 'submit', 'aria-label': 'Send', title: 'Send (Enter)' },
    icon('send'),
  );
  const picker = h('input', { type: 'file', hidden: true });
  const attach = h(
    'button.icon-button',
    {
      type: 'button',
      'aria-label': 'Share a file',
      title: 'Share a file',
      onclick: () => picker.click(),
    },
    icon('attach'),
  );
  let active = 0;
  let recalled = sent.length;

  const grow = () => {
    field.style.height = 'auto';
    if (field.value !== '') field.style.height = `${Math.min(field.scrollHeight, 260)}px`;
    sendButton.disabled = field.value.trim() === '';
  };
  const offer = () => {
    const found = completions(field.value);
    list.hidden = found.length === 0;
    active = Math.min(active, Math.max(0, found.length - 1));
    list.replaceChildren(
      ...found.map((one, index) =>
        h(
          'button',
          {
            type: 'button',
            role: 'option',
            'aria-selected': index === active,
            'data-insert': one.insert,
            onclick: () => {
              field.value = one.insert;
              offer();
              grow();
              field.focus();
            },
          },
          one.app ? h('img.avatar.tiny', { src: 'ferry.svg', alt: '' }) : null,
          h('strong', {}, one.title),
          h('span.usage-text', {}, one.usage),
          h('small', {}, one.about),
        ),
      ),
    );
    const command = state.commands.find((one) => field.value.startsWith(`${one.command} `));
    hint.hidden = !command;
    if (command) hint.replaceChildren(h('strong', {}, command.command), ` ${command.usageHint}`);
  };
  const send = async () => {
    const text = field.value.trim();
    if (text === '') return;
    sent.push(text);
    recalled = sent.length;
    field.value = '';
    grow();
    offer();
    // Whoever writes wants to see what comes of it.
    const messages = form.previousElementSibling;
    if (messages) messages.scrollTop = messages.scrollHeight;
    if (!text.startsWith('/')) {
      await act('say', { channel: channel.id, text, threadTs });
      return;
    }
    if (threadTs) {
      toast('Slash commands do not work in threads. Use a mention here, or the channel.');
      field.value = text;
      return;
    }
    const [command, ...rest] = text.split(/ (.*)/s);
    form.classList.add('waiting');
    const answer = await act('slash', { channel: channel.id, command, text: rest[0] ?? '' });
    form.classList.remove('waiting');
    if (answer.error && answer.status === null && !answer.error.includes('failed with'))
      toast(answer.error);
  };
  /** Enter sends a word that is complete already. */
  const completes = ({ key, shiftKey }, chosen) =>
    key === 'Tab' ||
    (key === 'Enter' && !shiftKey && chosen.dataset.insert.trim() !== field.value.trim());
  field.addEventListener('input', () => {
    active = 0;
    offer();
    grow();
  });
  field.addEventListener('keydown', (event) => {
    const found = list.hidden ? [] : [...list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (found.length > 0 && step) {
      event.preventDefault();
      active = (active + step + found.length) % found.length;
      offer();
    } else if (found.length > 0 && completes(event, found[active])) {
      event.preventDefault();
      found[active].click();
    } else if (event.key === 'Escape') list.hidden = true;
    else if (event.key === 'ArrowUp' && field.value === (sent[recalled] ?? '') && recalled > 0) {
      event.preventDefault();
      recalled -= 1;
      field.value = sent[recalled];
      grow();
      offer();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void send();
    }
  });
  picker.addEventListener('change', async () => {
    const [file] = picker.files;
    if (!file) return;
    const text = field.value.trim();
    field.value = '';
    await act('shareFile', {
      channel: channel.id,
      name: file.name,
      base64: await toBase64(file),
      text,
      threadTs,
    });
    picker.value = '';
  });
  const form = h(
    'form.composer',
    {
      onsubmit: (event) => {
        event.preventDefault();
        void send();
      },
    },
    list,
    hint,
    field,
    h(
      'div.composer-bar',
      {},
      attach,
      picker,
      h('span.composer-tip', {}, h('kbd', {}, '/'), ' for commands'),
      sendButton,
    ),
  );
  grow();
  return form;
}

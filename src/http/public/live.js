// Keeps the numbers on the mailboxes page fresh. Without it the page works and has to be reloaded.
const cards = document.querySelectorAll('[data-mailbox]');
if (cards.length > 0) {
  const events = new EventSource('/api/v1/events');
  events.addEventListener('mailbox', (event) => {
    const mailbox = JSON.parse(event.data);
    const card = document.querySelector(`[data-mailbox="${CSS.escape(mailbox.id)}"]`);
    if (card === null || mailbox.deleted) return;
    const states = {
      probing: 'Trying to log in',
      active: 'Active',
      paused: 'Paused',
      'needs-password': 'Needs its password',
      'needs-consent': 'Needs your consent at Google',
      unreachable: 'Cannot be reached; tried again later',
      suspended: 'Suspended',
    };
    card.querySelector('[data-state]').textContent = states[mailbox.state];
    card.querySelector('[data-fault]').textContent = mailbox.fault?.message ?? '';
    const { found, waiting } = mailbox.progress;
    const bar = card.querySelector('[data-bar]');
    bar.max = Math.max(found, 1);
    bar.value = found - waiting;
    for (const cell of card.querySelectorAll('[data-count]'))
      cell.textContent = mailbox.progress[cell.dataset.count];
  });
}

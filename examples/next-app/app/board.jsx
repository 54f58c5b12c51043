'use client';

import { useConnectionState, useEmit, useEvent } from 'carillon/react';
import { useState } from 'react';

const SHOWN = 50;
let count = 0;

export function Board({ children }) {
  const { status } = useConnectionState();
  const emit = useEmit();
  const [visitors, setVisitors] = useState(0);
  const [messages, setMessages] = useState([]);
  const [complaint, setComplaint] = useState(null);

  useEvent('visitors', setVisitors);
  useEvent('message', (message) => {
    const entry = { ...message, id: ++count };
    setMessages((earlier) => [...earlier, entry].slice(-SHOWN));
  });

  const say = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    emit('say', new FormData(form).get('text'), setComplaint);
    form.reset();
  };

  const announce = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    fetch('/api/announce', { method: 'POST', body: new FormData(form).get('text') });
    form.reset();
  };

  return (
    <>
      <p className="state" data-status={status} role="status">
        {status}
        {status === 'connected' && `, ${visitors} ${visitors === 1 ? 'visitor' : 'visitors'}`}
      </p>
      <div className="ways">
        <form onSubmit={say} data-way="a visitor">
          <label htmlFor="said">Socket</label>
          <input id="said" name="text" placeholder="Said by this page" maxLength={200} autoComplete="off" required />
          <button type="submit">Emit</button>
        </form>
        <form onSubmit={announce} data-way="a route handler">
          <label htmlFor="posted">Route handler</label>
          <input
            id="posted"
            name="text"
            placeholder="Posted to /api/announce"
            maxLength={200}
            autoComplete="off"
            required
          />
          <button type="submit">Post</button>
        </form>
        {children}
      </div>
      {complaint && <p role="alert">{complaint}</p>}
      <ol aria-label="Messages">
        {messages.map(({ id, from, text }) => (
          <li key={id} data-way={from}>
            <b>{text}</b> <span>said {from}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

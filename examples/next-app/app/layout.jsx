import './style.css';
import { Connection } from './connection';

export const metadata = { title: 'carillon in Next.js' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Connection>{children}</Connection>
      </body>
    </html>
  );
}

import Link from "next/link";
import type { ReactNode } from "react";

export const metadata = { title: "Canvass" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Leads</Link> <Link href="/organizations">Organizations</Link>
        </nav>
        <main>{children}</main>
      </body>
    </html>
  );
}

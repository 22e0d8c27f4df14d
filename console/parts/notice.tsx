import type { ComponentChildren } from 'preact'

type Children = { readonly children: ComponentChildren }

export const Problem = ({ children }: Children) => (
  <p class="notice bad" role="alert">
    {children}
  </p>
)

export const Warning = ({ children }: Children) => <p class="notice warn">{children}</p>

export const Done = ({ children }: Children) => (
  <p class="notice good" role="status">
    {children}
  </p>
)

type SectionsProps = {
  readonly page: string
  readonly current: string
  readonly of: readonly (readonly [name: string, title: string])[]
}

/** The parts of one page, each with an address of its own. */
export const Sections = ({ page, current, of }: SectionsProps) => (
  <nav class="sections" aria-label="Sections">
    {of.map(([name, title]) => (
      <a
        key={name}
        href={name === '' ? `#/${page}` : `#/${page}/${name}`}
        aria-current={name === current ? 'page' : undefined}
      >
        {title}
      </a>
    ))}
  </nav>
)

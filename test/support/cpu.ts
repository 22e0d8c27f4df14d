/** What this process has computed so far, in milliseconds: unlike the clock, it stands still while others have the CPU. */
export const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

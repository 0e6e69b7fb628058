// The server's settings, given on its command line so that a newer Ringbook changes them without touching old files.
// Runs on the main thread; owns nothing. Must never weaken what a committed transaction means unless asked to.

export interface ServerSettings {
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly port: number;
  /** False only for a database that may be thrown away: the tests'. */
  readonly durable: boolean;
}

export function serverArguments({ dataDirectory, socketDirectory, port, durable }: ServerSettings): string[] {
  const onOff = durable ? 'on' : 'off';
  const settings = {
    listen_addresses: '', // no TCP at all: the only door is a socket in a 0700 directory
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    fsync: onOff,
    full_page_writes: onOff,
    synchronous_commit: onOff, // the projection's checkpoint must not run ahead of what is on disk
    shared_buffers: '128MB',
    max_connections: '50', // one projector, a few readers, and a test run's files
    max_wal_size: '1GB', // COPY runs of minutes without a checkpoint in between; also bounds crash recovery
    min_wal_size: '80MB',
    checkpoint_timeout: '10min',
    max_wal_senders: '0', // nobody replicates from an embedded server,
    wal_level: 'minimal', // so the log need not carry what only replicas use
    io_method: 'sync', // no I/O worker processes: cores are for the matcher
    max_parallel_workers_per_gather: '0', // likewise; also spares /dev/shm, which is 64 MB in containers
    autovacuum_max_workers: '1',
    recovery_init_sync_method: process.platform === 'linux' ? 'syncfs' : 'fsync', // one call, not one per file
    jit: 'off', // every query here is short
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  };
  const settingArguments = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataDirectory, '-p', String(port), ...settingArguments];
}

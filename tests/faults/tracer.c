#include "tests/faults/tracer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRAP_OF_CALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* ---- the machine ---- */

#if defined(__x86_64__)

static const bool is_known_machine = true;

static long long *place_of_result(struct user_regs_struct *registers)
{
    return (long long *)&registers->rax;
}

static long long *place_of_argument(struct user_regs_struct *registers, int argument)
{
    return (long long *)(argument == 0 ? &registers->rdi : argument == 1 ? &registers->rsi : &registers->rdx);
}

/* So that the kernel does nothing. */
static void skip_call(pid_t child, struct user_regs_struct *registers)
{
    struct iovec all = { registers, sizeof *registers };

    registers->orig_rax = (unsigned long long)-1;
    ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &all);
}

#elif defined(__aarch64__)

static const bool is_known_machine = true;

static long long *place_of_result(struct user_regs_struct *registers)
{
    return (long long *)&registers->regs[0];
}

static long long *place_of_argument(struct user_regs_struct *registers, int argument)
{
    return (long long *)&registers->regs[argument];
}

static void skip_call(pid_t child, struct user_regs_struct *registers)
{
    int none = -1;
    struct iovec number = { &none, sizeof none };

    (void)registers;
    ptrace(PTRACE_SETREGSET, child, (void *)NT_ARM_SYSTEM_CALL, &number);
}

#else

static const bool is_known_machine = false;

static long long *place_of_result(struct user_regs_struct *registers)
{
    return (long long *)registers;
}

static long long *place_of_argument(struct user_regs_struct *registers, int argument)
{
    (void)argument;
    return (long long *)registers;
}

static void skip_call(pid_t child, struct user_regs_struct *registers)
{
    (void)child;
    (void)registers;
}

#endif

static void get_registers(pid_t child, struct user_regs_struct *registers)
{
    struct iovec all = { registers, sizeof *registers };

    ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &all);
}

static void set_registers(pid_t child, struct user_regs_struct *registers)
{
    struct iovec all = { registers, sizeof *registers };

    ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &all);
}

/* ---- the calls ---- */

/* Not among them: what clears up (unlink, rmdir, listing a folder): a disk that refuses that keeps what
 * is on it. */
static const struct call_row {
    long number;
    enum tracer_calls calls;
} call_rows[] = {
    { SYS_write, TRACER_WRITES },     { SYS_writev, TRACER_WRITES },   { SYS_pwrite64, TRACER_WRITES },
    { SYS_fsync, TRACER_WRITES },     { SYS_fdatasync, TRACER_WRITES }, { SYS_linkat, TRACER_NAMES },
    { SYS_renameat, TRACER_NAMES },   { SYS_renameat2, TRACER_NAMES }, { SYS_mkdirat, TRACER_NAMES },
    { SYS_read, TRACER_READS },       { SYS_pread64, TRACER_READS },   { SYS_fstat, TRACER_READS },
    { SYS_newfstatat, TRACER_READS }, { SYS_lseek, TRACER_READS },     { SYS_faccessat, TRACER_READS },
      { SYS_faccessat2, TRACER_READS }, { SYS_close, TRACER_CLOSES },
#ifdef SYS_rename
    { SYS_rename, TRACER_NAMES },     { SYS_mkdir, TRACER_NAMES },     { SYS_access, TRACER_READS },
#endif
};

static bool is_hit(const struct __ptrace_syscall_info *call, const struct tracer_plan *plan)
{
    if (call->entry.nr == SYS_openat)
        return plan->calls & (call->entry.args[2] & (O_WRONLY | O_RDWR) ? TRACER_NAMES : TRACER_READS);
    for (size_t i = 0; i < sizeof call_rows / sizeof *call_rows; i++)
        if ((long)call->entry.nr == call_rows[i].number)
            return (plan->calls & call_rows[i].calls) &&
                   !(call_rows[i].calls == TRACER_WRITES && call->entry.args[0] == STDERR_FILENO);
    return false;
}

/* At the entry of a call that is to fail. Returns whether its result is to be replaced at the exit. */
static bool strike(pid_t child, const struct tracer_plan *plan, const struct __ptrace_syscall_info *call)
{
    struct user_regs_struct registers;

    get_registers(child, &registers);
    if (plan->error) {
        skip_call(child, &registers);
        return true;
    }
    if (call->entry.nr == SYS_write && call->entry.args[2] > 1) {
        *place_of_argument(&registers, 2) /= 2;
        set_registers(child, &registers);
    }
    return false;
}

static void replace_result(pid_t child, int error)
{
    struct user_regs_struct registers;

    get_registers(child, &registers);
    *place_of_result(&registers) = -error;
    set_registers(child, &registers);
}

int tracer_run(pid_t child, const struct tracer_plan *plan, uint64_t fail_at,
               const volatile uint64_t *started, uint64_t *seen)
{
    struct __ptrace_syscall_info call;
    bool is_struck = false, is_set_up = false;
    int status, signal_number = 0;

    *seen = 0;
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        if (!is_set_up) { /* execve() has stopped it */
            ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
            is_set_up = true;
        } else if (WSTOPSIG(status) != TRAP_OF_CALL) {
            signal_number = WSTOPSIG(status);
        } else if (ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof call, &call) > 0) {
            if (call.op == PTRACE_SYSCALL_INFO_EXIT && is_struck)
                replace_result(child, plan->error);
            is_struck = false;
            if (call.op == PTRACE_SYSCALL_INFO_ENTRY && *started && is_hit(&call, plan)) {
                ++*seen;
                if (fail_at && (*seen == fail_at || (*seen > fail_at && plan->and_after)))
                    is_struck = strike(child, plan, &call);
            }
        }
        ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal_number);
        signal_number = 0;
    }
    return status;
}

bool tracer_is_possible(void)
{
    struct __ptrace_syscall_info call;
    pid_t child = is_known_machine ? fork() : -1;
    bool is_possible = false;
    int status;

    if (child < 0)
        return false;
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
            raise(SIGSTOP);
        _exit(0);
    }
    if (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        errno = 0;
        is_possible = ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof call, &call) >= 0;
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return is_possible;
}

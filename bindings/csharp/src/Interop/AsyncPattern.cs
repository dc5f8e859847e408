// Begin and End over tasks.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Pipes.Interop;

internal static class AsyncPattern
{
    public static IAsyncResult Begin(Task task, AsyncCallback? callback, object? state) => new Begun(task, callback, state);

    public static void End(IAsyncResult asyncResult) => TaskOf<Task>(asyncResult).GetAwaiter().GetResult();

    public static T End<T>(IAsyncResult asyncResult) => TaskOf<Task<T>>(asyncResult).GetAwaiter().GetResult();

    private static TTask TaskOf<TTask>(IAsyncResult asyncResult)
        where TTask : Task
    {
        Arguments.NotNull(asyncResult, nameof(asyncResult));
        return asyncResult is Begun { Task: TTask task }
            ? task
            : throw new ArgumentException("The result is not one of this stream's.", nameof(asyncResult));
    }

    private sealed class Begun : IAsyncResult
    {
        public Begun(Task task, AsyncCallback? callback, object? state)
        {
            Task = task;
            AsyncState = state;
            CompletedSynchronously = task.IsCompleted;
            if (callback is null)
            {
                return;
            }

            if (CompletedSynchronously)
            {
                callback(this);
                return;
            }

            // On the pool, for it may block.
            _ = task.ContinueWith(
                _ => callback(this), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        public Task Task { get; }

        public object? AsyncState { get; }

        public bool CompletedSynchronously { get; }

        public bool IsCompleted => Task.IsCompleted;

        public WaitHandle AsyncWaitHandle => ((IAsyncResult)Task).AsyncWaitHandle;
    }
}

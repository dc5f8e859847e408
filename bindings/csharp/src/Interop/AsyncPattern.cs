// Begin and End over tasks.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Pipes.Interop;

internal static class AsyncPattern
{
    public static IAsyncResult Begin<T>(Task<T> task, AsyncCallback? callback, object? state)
    {
        TaskCompletionSource<T> source = new(state, TaskCreationOptions.RunContinuationsAsynchronously);
        _ = task.ContinueWith(
            ended =>
            {
                if (ended.IsCanceled)
                {
                    source.SetCanceled();
                }
                else if (ended.IsFaulted)
                {
                    source.SetException(ended.Exception!.InnerExceptions);
                }
                else
                {
                    source.SetResult(ended.Result);
                }

                callback?.Invoke(source.Task);
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return source.Task;
    }

    public static T End<T>(IAsyncResult asyncResult)
    {
        Arguments.NotNull(asyncResult, nameof(asyncResult));
        return asyncResult is Task<T> task
            ? task.GetAwaiter().GetResult()
            : throw new ArgumentException("The result is not one of this stream's.", nameof(asyncResult));
    }

    public static async Task<int> WithResult(Task task)
    {
        await task.ConfigureAwait(false);
        return 0;
    }
}

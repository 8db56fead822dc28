import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.URL;
import org.apache.hadoop.yarn.util.FSDownload;

/**
 * Unpacks archives with the code a cluster uses and starts the interpreter inside, as Spark would.
 * Arguments: `yarn` or `spark`, a folder to work in, archives. Prints `name<TAB>RUNS` or
 * `name<TAB>BROKEN reason` for each.
 */
public class Unpack {
  interface Unpacker {
    File unpack(File archive, File target) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Unpacker unpacker = arguments[0].equals("yarn") ? Unpack::onYarn : Unpack::offYarn;
    for (int index = 2; index < arguments.length; index++) {
      File archive = new File(arguments[index]);
      File target = new File(arguments[1], arguments[0] + index);
      Files.createDirectories(target.toPath());
      String outcome;
      try {
        outcome = run(new File(unpacker.unpack(archive, target), "env/bin/python"));
      } catch (Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) cause = cause.getCause();
        outcome = "BROKEN " + String.valueOf(cause).replaceAll("\\s+", " ");
      }
      System.out.println(archive.getName() + "\t" + outcome);
    }
    System.exit(0);
  }

  static File onYarn(File archive, File target) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set("fs.permissions.umask-mode", "077");
    FileContext context = FileContext.getLocalFSFileContext(configuration);
    FileStatus status =
        FileSystem.getLocal(configuration).getFileStatus(new Path(archive.toURI()));
    LocalResource resource =
        LocalResource.newInstance(
            URL.fromPath(status.getPath()),
            LocalResourceType.ARCHIVE,
            LocalResourceVisibility.PRIVATE,
            status.getLen(),
            status.getModificationTime());
    Path place = new Path(new File(target, "0").toURI());
    UserGroupInformation user = UserGroupInformation.getCurrentUser();
    Path unpacked = new FSDownload(context, user, configuration, place, resource).call();
    return new File(unpacked.toUri().getPath());
  }

  static File offYarn(File archive, File target) throws Exception {
    Class<?> utils = Class.forName("org.apache.spark.util.Utils");
    utils.getMethod("unpack", File.class, File.class).invoke(null, archive, target);
    return target;
  }

  static String run(File python) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(python.getPath(), "-c", "pass").redirectErrorStream(true).start();
    process.getOutputStream();
    if (!process.waitFor(3, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return "BROKEN it hangs";
    }
    String said = new String(process.getInputStream().readAllBytes()).trim();
    return said.equals("RAN") ? "RUNS" : "BROKEN it said " + said.replaceAll("\\s+", " ");
  }
}
